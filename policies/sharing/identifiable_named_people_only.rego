# METADATA
# scope: package
# title: Identifiable data are for people named one by one
# description: >-
#   Whoever has access to data in which a patient or donor can be recognised is a person whom the audience names. A
#   team is not: who joins it must not get patients' data. Nor is a service account, behind which nobody stands alone.
# custom:
#   id: sharing/identifiable_named_people_only
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.readers
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#     - dataset.audience
#   cure: Name each person in the audience, and give access to no team and no service account.
#   references:
#     - 45 CFR 164.502(b), 45 CFR 164.514(d)(2), each person who needs access is identified
#     - Playbook, section Origin, "it is never ok to share identifiable patient data"
package slidebox.sharing.identifiable_named_people_only

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.dataset in guarded
	some reader in location.readers
	not reader.principal in audience.unnamed # said by sharing/identifiable_never_public
	not person_named(reader.principal, location.dataset)
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can %s %s data%s; %s", [
			reader.principal,
			concat(", ", reader.actions),
			sensitivity.effective[location.dataset],
			why(reader.principal),
			sensitivity.cause(location.dataset),
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id in guarded
	some principal in audience.named[id]
	principal != "anyone" # said by sharing/identifiable_never_public
	not person_named(principal, id)
	finding := judge.finding(info, id, sprintf("the audience of %s data has %s%s; %s", [
		sensitivity.effective[id],
		principal,
		why(principal),
		sensitivity.cause(id),
	]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

guarded := {id | some id, effective in sensitivity.effective; effective in sensitivity.recognisable}

person_named(principal, id) if {
	startswith(principal, "person:")
	principal in audience.named[id]
}

why(principal) := ", and who joins a team must not get patients' data" if startswith(principal, "team:")

why(principal) := ", and is not a person named in the audience" if not startswith(principal, "team:")
