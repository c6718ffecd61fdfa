# METADATA
# scope: package
# title: Only contributors and stewards write
# description: >-
#   Whoever can add or change data is a contributor or steward of the dataset, is in a team that is, or is a team all
#   of whose members are. A reader only reads.
# custom:
#   id: access/writers_are_contributors
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.readers
#     - dataset.audience
#     - team.members
#   cure: Take away the access to write that the path names, or make the principal a contributor of the dataset.
#   references:
#     - NIST SP 800-171 3.1.2, access is limited to what users are permitted to do
#     - 45 CFR 164.312(c)(1), integrity
package slidebox.access.writers_are_contributors

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some reader in location.readers
	"write" in reader.actions
	not writes(reader.principal, location.dataset)
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can write and is no contributor or steward", [
			audience.in_words(reader.principal),
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

writes(principal, id) if principal in input.datasets[id].audience.contributor

writes(principal, id) if principal in input.datasets[id].audience.steward

writes(principal, id) if audience.within(principal, audience.holders(id, {"contributor", "steward"}))
