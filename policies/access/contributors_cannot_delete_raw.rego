# METADATA
# scope: package
# title: Only stewards delete raw images
# description: >-
#   Raw images cannot be made again, so whoever can delete them is a steward of the dataset, is in a team that is, or is
#   a team all of whose members are. Whoever adds images need not be able to take any away.
# custom:
#   id: access/contributors_cannot_delete_raw
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.readers
#     - dataset.level
#     - dataset.audience
#     - team.members
#   cure: >-
#     Take away the access to delete that the path names (s3:DeleteObject and s3:DeleteObjectVersion of a bucket; a
#     folder with the sticky bit lets its members delete only what they put there), or make the principal a steward.
#   references:
#     - NIST SP 800-171 3.1.4, duties are separated
#     - Playbook, section Flow, "We also need capabilities to quickly reprocess these data"
package slidebox.access.contributors_cannot_delete_raw

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	input.datasets[location.dataset].level == "raw_images"
	some reader in location.readers
	"delete" in reader.actions
	not deletes(reader.principal, location.dataset)
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can delete raw images and is no steward", [
			audience.in_words(reader.principal),
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

deletes(principal, id) if principal in input.datasets[id].audience.steward

deletes(principal, id) if audience.within(principal, audience.holders(id, {"steward"}))
