# METADATA
# scope: package
# title: Access of people outside the lab ends
# description: >-
#   Each person of another organisation who has access has a day on which it ends: their own, or the last one of the
#   agreement with their organisation that the data are under. From their own day on, and after the agreement's, they
#   have access no more.
# custom:
#   id: access/external_access_ends
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - facts.now
#     - location.dataset
#     - location.readers
#     - dataset.agreement
#     - agreement.party
#     - agreement.ends
#     - person.organisation
#     - person.until
#     - team.members
#   cure: Give the person an end (`until` in lab.yaml, or an agreement with their organisation), or take them out.
#   references:
#     - NIST SP 800-171 3.1.1 and 3.1.20, access of and to external systems is limited
#     - Playbook, section Origin, "particularly when using collaborator data"
package slidebox.access.external_access_ends

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some reader in location.readers
	some person in outsiders[reader.principal]
	some fault in faults(person, location.dataset)
	finding := judge.by(
		judge.finding(info, id, sprintf("%s of %s can %s, and %s", [
			person,
			audience.outside[person],
			concat(", ", reader.actions),
			fault,
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

# Who is of another organisation, by the principal that lets them in.
outsiders := audience.touching(object.keys(audience.outside))

faults(person, id) := ({"nothing says when that ends" |
	audience.access_ends(person, id) == "none"
} | {sprintf("their access ended on %s", [until]) |
	until := audience.entry(person).until
	until <= input.now
}) | {sprintf("agreement %s ended on %s", [agreement, ends]) |
	agreement := input.datasets[id].agreement
	input.agreements[agreement].party == audience.outside[person]
	ends := input.agreements[agreement].ends
	ends < input.now
}
