# METADATA
# scope: package
# title: Who may read, and who can
package slidebox.lib.audience

import data.slidebox.lib.calendar
import data.slidebox.lib.shape

# METADATA
# title: Principals that stand for people nobody has named
open_to_all := {"anyone", "any_account"}

unnamed := open_to_all | {"unknown"}

# METADATA
# title: The principals a dataset's audience names, by dataset
# description: A comprehension, as a partial rule with many keys grows with the square of their number.
named := {id: principals |
	some id, dataset in input.datasets
	principals := {principal | some role in shape.roles; some principal in dataset.audience[role]}
}

# METADATA
# title: Readers nobody has named, with the locations they can read
unnamed_readers := {[id, reader] |
	some id, location in input.locations
	some reader in location.readers
	reader.principal in unnamed
}

# METADATA
# title: The people, teams and services of some of a dataset's roles, and the people of the teams
# description: A function, as most data are asked about by principals that are named as they are.
holders(id, some_roles) := principals | {person | some principal in principals; some person in persons(principal)} if {
	principals := {principal | some role in some_roles; some principal in input.datasets[id].audience[role]}
}

# METADATA
# title: Whether a principal that is not itself named belongs to a dataset's audience in a term
covered(principal, id, _) if within(principal, holders(id, shape.roles))

covered(principal, id, term) if {
	principal in open_to_all
	everyone(id, term)
}

# METADATA
# title: Whether everybody a principal stands for is among some people
within(principal, some_people) if {
	members := persons(principal)
	count(members) > 0
	count(members - some_people) == 0
}

# METADATA
# title: Whether a dataset is declared for everyone in a term
everyone(id, _) if "anyone" in named[id]

everyone(id, term) if term in input.datasets[id].public_terms

# METADATA
# title: Whether a dataset is declared for everyone in any term
public_some_day(id) if "anyone" in named[id]

public_some_day(id) if count(input.datasets[id].public_terms) > 0

# METADATA
# title: A principal in words
in_words(principal) := {
	"anyone": "anyone",
	"any_account": "anybody with an account",
	"unknown": "a reader that is not known",
}[principal]

in_words(principal) := principal if not principal in unnamed

# METADATA
# title: The people a principal stands for; a service account stands for itself
persons(principal) := {principal} if {
	some kind in ["person:", "service:"]
	startswith(principal, kind)
}

persons(principal) := team_people[principal]

team_people := {principal: members |
	some name, team in input.teams
	principal := sprintf("team:%s", [name])
	members := {sprintf("person:%s", [member]) | some member in team.members}
}

# METADATA
# title: The entry of a person; nothing for anybody else
entry(principal) := input.people[trim_prefix(principal, "person:")] if startswith(principal, "person:")

# METADATA
# title: People who have left the lab, with the day
departed := {principal: person.left |
	some name, person in input.people
	person.left <= input.now # "never" sorts after every day
	principal := sprintf("person:%s", [name])
}

# METADATA
# title: People of other organisations
outside := {principal: person.organisation |
	some name, person in input.people
	person.organisation != "lab"
	principal := sprintf("person:%s", [name])
}

# METADATA
# title: Principals that stand for any of some people, with those they stand for
# description: So that all other principals cost a rule one look each.
touching(some_people) := object.union({person: {person} | some person in some_people}, {principal: found |
	some principal, members in team_people
	found := members & some_people
	count(found) > 0
})

# METADATA
# title: The day on which an outside person's access to a dataset ends; none if nothing ends it
# description: Their own last day, or the last day of the agreement with their organisation that the data are under.
access_ends(principal, id) := calendar.first({day | some [day, _] in ends(principal, id)})

# METADATA
# title: What ends an outside person's access to a dataset, with the day
ends(principal, id) := {[day, why] |
	day := entry(principal).until
	day != "none"
	why := sprintf("%s: until", [principal])
} | {[day, why] |
	name := input.datasets[id].agreement
	agreement := input.agreements[name]
	agreement.party == outside[principal]
	day := agreement.ends
	why := sprintf("agreement %s ends", [name])
}
