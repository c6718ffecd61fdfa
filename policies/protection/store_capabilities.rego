# METADATA
# scope: package
# title: A store has what the data need of it
# description: >-
#   What a dataset needs of a store (versioning for raw images, encryption at rest and a block on public access for
#   people's data) and the store does not have, or is not known to have, is said. For identifiable data a known
#   lack of encryption or of the block refuses the store.
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
#     Choose a store that has it. An encrypted disk counts where its store says `encrypted: true`.
#   references:
#     - 45 CFR 164.312(a)(2)(iv), encryption at rest
#     - NIST SP 800-171 3.13.16
package slidebox.protection.store_capabilities

import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	lacking := {need | some need in location.needs; need in location.lacks}
	count(lacking) > 0
	finding := judge.graded(info, severity(location.dataset, lacking), id, sprintf(
		"the store has no %s",
		[listed(lacking, " and no ")],
	))
}

location_findings contains finding if {
	some id, location in input.locations
	doubtful := {need | some need in location.needs; doubted(need, location.lacks)}
	count(doubtful) > 0
	finding := judge.finding(info, id, sprintf("nothing says whether the store has %s", [listed(doubtful, " or ")]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

doubted(_, lacks) if "unknown" in lacks

doubted(need, lacks) if sprintf("unknown:%s", [need]) in lacks

listed(needs, between) := concat(between, [replace(need, "_", " ") | some need in sort(needs)])

severity(dataset, lacking) := "error" if {
	count(lacking & keeps_people_safe) > 0
	sensitivity.effective[dataset] in {"identifiable", "unknown"}
} else := info.severity

keeps_people_safe := {"encryption", "public_access_block"}
