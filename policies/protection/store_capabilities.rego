# METADATA
# scope: package
# title: A store has what the data need of it
# description: >-
#   What a dataset needs of a store (versioning for raw images, encryption at rest and a block on public access for
#   people's data) and the store does not have, or is not known to have, is said. For identifiable data a known
#   lack refuses the store.
# custom:
#   id: protection/store_capabilities
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.needs
#     - location.lacks
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#   cure: >-
#     Choose a store that has it, or say that the disk below has it (`encrypted: true`).
#   references:
#     - 45 CFR 164.312(a)(2)(iv), encryption at rest
#     - NIST SP 800-171 3.13.16
package slidebox.protection.store_capabilities

import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some need in location.needs
	need in location.lacks
	finding := judge.graded(info, severity(location.dataset), id, sprintf("the store has no %s", [in_words(need)]))
}

location_findings contains finding if {
	some id, location in input.locations
	some need in location.needs
	not need in location.lacks
	some doubt in {sprintf("unknown:%s", [need]), "unknown"}
	doubt in location.lacks
	finding := judge.finding(info, id, sprintf("it is not known whether the store has %s", [in_words(need)]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

in_words(need) := replace(need, "_", " ")

severity(dataset) := "error" if {
	sensitivity.effective[dataset] in {"identifiable", "unknown"}
} else := info.severity
