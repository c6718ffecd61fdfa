# METADATA
# scope: package
# title: Confidential data stay inside their agreement
# description: >-
#   Data of a company, and confidential data of any collaborator, are under an agreement. Confidential data, and
#   coded or identifiable data under an agreement, are read by people of the lab and of the agreement's party. What is
#   under an agreement is used for what it allows, is public only where it allows publication, and is read by nobody
#   of the party once it has ended. All this holds for what is made from the data too.
# custom:
#   id: sharing/confidential_within_agreement
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - facts.now
#     - location.dataset
#     - location.readers
#     - dataset.project
#     - dataset.origin
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#     - dataset.agreement
#     - dataset.audience
#     - dataset.public_terms
#     - project.uses
#     - agreement.party
#     - agreement.allows
#     - agreement.ends
#     - person.organisation
#     - team.members
#   cure: >-
#     Keep the audience to the lab and the agreement's party, and the uses to what it allows; or sign an agreement that
#     allows more, and write it in lab.yaml. Declare data open once they are published.
#   references:
#     - Playbook, section Origin, "It is important to consider access requirements and restrictions"
#     - 45 CFR 164.514(e)(4), contents of a data use agreement
package slidebox.sharing.confidential_within_agreement

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.lineage
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.dataset in bounded
	some reader in location.readers
	not reader.principal in audience.unnamed # said below
	some stranger in foreign(reader.principal)
	not of_the_party(stranger, location.dataset)
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can %s data that are %s; %s", [
			stranger,
			concat(", ", reader.actions),
			bounds(location.dataset),
			sensitivity.cause(location.dataset),
		])),
		reader.path,
	)
}

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	reason := unpublishable[input.locations[id].dataset]
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read what must not be public: %s", [
			audience.in_words(reader.principal),
			reason,
		])),
		reader.path,
	)
}

location_findings contains finding if {
	some id, location in input.locations
	some name in agreements[location.dataset]
	party := ended[name]
	some reader in location.readers
	some person in partners[reader.principal]
	audience.outside[person] == party
	finding := judge.by(
		judge.finding(info, id, sprintf("agreement %s ended on %s, and %s of %s can still %s", [
			name,
			input.agreements[name].ends,
			person,
			party,
			concat(", ", reader.actions),
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, dataset in input.datasets
	dataset.agreement == "none"
	wants_agreement(id, dataset)
	finding := judge.finding(info, id, sprintf("it is of %s origin and %s, and under no agreement", [
		dataset.origin,
		sensitivity.effective[id],
	]))
}

declared_findings contains finding if {
	some id, names in agreements
	some name in names
	some use in input.projects[input.datasets[id].project].uses
	not use in input.agreements[name].allows
	finding := judge.finding(info, id, sprintf("it is used for %s, which agreement %s does not allow", [
		replace(use, "_", " "),
		name,
	]))
}

declared_findings contains finding if {
	some id, reason in unpublishable
	audience.public_some_day(id)
	finding := judge.finding(info, id, sprintf("it is declared public and must not be: %s", [reason]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

wants_agreement(_, dataset) if dataset.origin == "industry"

wants_agreement(id, dataset) if {
	dataset.origin == "academic"
	sensitivity.effective[id] == "confidential"
}

# The agreements that a dataset and everything it comes from are under, by dataset; only of those that are under one.
agreements := {id: names |
	some id, origins in lineage.of
	names := {signed[origin] | some origin in origins}
	count(names) > 0
}

signed := {id: dataset.agreement | some id, dataset in input.datasets; dataset.agreement != "none"}

# Whose readers count.
bounded := {id |
	some id, effective in sensitivity.effective
	effective != "open"
	limited(id, effective)
}

limited(_, "confidential")

limited(id, _) if agreements[id]

bounds(id) := sprintf("under agreement %s", [concat(" and ", sort(agreements[id]))])

bounds(id) := "confidential and under no agreement" if not agreements[id]

# What must not be public, with the reason, by dataset.
unpublishable := {id: reason |
	some id, effective in sensitivity.effective
	reason := closed(id, effective)
}

closed(id, _) := sprintf("agreement %s does not allow publication", [concat(" and ", sort(silent))]) if {
	silent := {name | some name in agreements[id]; not "publication" in input.agreements[name].allows}
	count(silent) > 0
}

closed(id, "confidential") := "it is confidential and under no agreement" if not agreements[id]

# Those behind a principal who are not the lab's.
foreign(principal) := audience.persons(principal) - own

foreign(principal) := {principal} if not audience.persons(principal)

of_the_party(person, id) if {
	organisation := audience.outside[person]
	every name in agreements[id] { input.agreements[name].party == organisation }
}

# People of the lab, and its service accounts.
own := {principal |
	some name, person in input.people
	person.organisation == "lab"
	principal := sprintf("person:%s", [name])
} | {sprintf("service:%s", [name]) | some name, _ in input.services}

partners := audience.touching(object.keys(audience.outside))

ended := {name: agreement.party |
	some name, agreement in input.agreements
	agreement.ends < input.now
}
