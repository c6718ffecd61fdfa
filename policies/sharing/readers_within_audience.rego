# METADATA
# scope: package
# title: Only the declared audience has access
# description: >-
#   Whoever can read, write or delete belongs to the dataset's audience: named there, in a team named there, or a
#   team all of whose members are. Anyone has access only in the terms that are declared public. A reader that is
#   not known is a finding for everything but open data.
# custom:
#   id: sharing/readers_within_audience
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.readers
#     - dataset.audience
#     - dataset.public_terms
#     - dataset.sensitivity
#     - team.members
#   cure: Add the reader to the dataset's audience, or take away the access named by the path.
#   references:
#     - Playbook, section Origin, "It is important to consider access requirements and restrictions"
#     - NIST SP 800-171 3.1.1
package slidebox.sharing.readers_within_audience

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some reader in location.readers
	not reader.principal in audience.named[location.dataset]
	reader.principal != "unknown" # said below
	not audience.covered(reader.principal, location.dataset, location.term)
	finding := judge.by(
		judge.finding(info, id, sprintf(
			"%s can %s and is not in the audience",
			[audience.in_words(reader.principal), concat(", ", reader.actions)],
		)),
		reader.path,
	)
}

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	reader.principal == "unknown"
	effective := object.get(sensitivity.effective, input.locations[id].dataset, "unknown")
	effective != "open"
	finding := judge.by(
		judge.finding(info, id, sprintf("who can read %s data is not known", [effective])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)
