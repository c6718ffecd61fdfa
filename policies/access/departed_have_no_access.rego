# METADATA
# scope: package
# title: Who has left has no access
# description: >-
#   From the day on which a person has left the lab they have access to nothing, neither by themselves nor in a team,
#   and somebody else answers for their projects.
# custom:
#   id: access/departed_have_no_access
#   severity: error
#   scope: [location, project]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - facts.now
#     - location.readers
#     - person.left
#     - team.members
#     - project.owner
#   cure: Take the person out of the place that the path names, and out of the team; give the project another owner.
#   references:
#     - NIST SP 800-171 3.9.2, access ends when a person leaves
#     - 45 CFR 164.308(a)(3)(ii)(C), termination procedures
package slidebox.access.departed_have_no_access

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some reader in location.readers
	some person in gone[reader.principal]
	finding := judge.by(
		judge.finding(info, id, sprintf("%s left on %s and can %s%s", [
			person,
			audience.departed[person],
			concat(", ", reader.actions),
			as_member(person, reader.principal),
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some name, project in input.projects
	left := audience.departed[sprintf("person:%s", [project.owner])]
	finding := judge.finding(info, name, sprintf("its owner %s left on %s", [project.owner, left]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

declared_findings contains finding if some finding in judge.unread_of(info, "projects")

# Who has left, by the principal that lets them in.
gone := audience.touching(object.keys(audience.departed))

as_member(person, person) := ""

as_member(person, principal) := sprintf(", as a member of %s", [principal]) if person != principal
