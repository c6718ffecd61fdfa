# METADATA
# scope: package
# title: Raw images cannot be overwritten for good
# description: >-
#   Where raw images lie, earlier versions are kept or objects are locked: what is overwritten or deleted by mistake
#   cannot be taken again. A bucket can do that, so one that is known not to is refused; of a drive, which cannot,
#   it is said. Raw images of public origin can be fetched again.
# custom:
#   id: protection/raw_versions_kept
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.store
#     - location.term
#     - location.has
#     - dataset.level
#     - dataset.origin
#     - store.kind
#   cure: Turn on versioning or object lock, or choose a store that has one of them.
#   references:
#     - Playbook, section Flow, capabilities to quickly reprocess
#     - NIST SP 800-171 3.8.9, protect the confidentiality and keeping of backups
package slidebox.protection.raw_versions_kept

import data.slidebox.lib.judge
import data.slidebox.lib.needs
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	has := location.has.versioning
	has != true
	location.has.object_lock != true
	some reason in needs.why("versioning", location.dataset, location.term)
	finding := judge.graded(info, severity(has, input.stores[location.store]), id, sprintf(
		"%s, and no object lock is known; %s",
		[needs.lack(has, "versioning"), reason],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

severity(has, store) := info.severity if {
	has == false
	store.kind in systems.bucket_kinds
} else := "warning"
