# METADATA
# scope: package
# title: Public access is blocked, for the bucket and for the account
# description: >-
#   Where a dataset is not declared public in a term, its place blocks public access, so that one wrong policy opens
#   nothing; for what is not open the whole account does too. For identifiable data a known lack refuses the store,
#   and at a running store so does not knowing it. An S3 gateway without blocks takes everything else, with a warning.
# custom:
#   id: protection/public_access_blocked
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.gate
#     - location.dataset
#     - location.term
#     - location.has
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#     - dataset.audience
#     - dataset.public_terms
#   cure: Block public access to the bucket and in the account's own settings, or choose a store that can.
#   references:
#     - Playbook, section Origin, "it is never ok to share identifiable patient data"
#     - NIST SP 800-171 3.1.22, control information on publicly accessible systems
package slidebox.protection.public_access_blocked

import data.slidebox.lib.judge
import data.slidebox.lib.needs
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

blocks := {"public_access_block", "account_public_access_block"}

location_findings contains finding if {
	some id, location in input.locations
	lacks := [[needs.lack(has, block), severity(has, location), reason] |
		some block in blocks
		has := location.has[block]
		has != true
		some reason in needs.why(block, location.dataset, location.term)
	]

	# "error" comes before "warning".
	gravest := min({grave | some [_, grave, _] in lacks})
	finding := judge.graded(info, gravest, id, sprintf("%s; %s", [
		concat(", and ", sort({lack | some [lack, _, _] in lacks})),
		concat("; ", sort({reason | some [_, _, reason] in lacks})),
	]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

severity(has, location) := "error" if {
	sensitivity.effective[location.dataset] in {"identifiable", "unknown"}
	counts(has)
} else := info.severity

counts(false)

# Nothing can be read of a place that is not there yet.
counts("unknown") if not input.gate in {"plan", "preview"}
