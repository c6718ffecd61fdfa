# METADATA
# scope: package
# title: Who may read, and who can
package slidebox.lib.audience

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
# title: The people behind a dataset's audience, teams expanded, by dataset
people := {id: expanded |
	some id, principals in named
	expanded := {person | some principal in principals; some person in persons(principal)}
}

# METADATA
# title: Whether a principal that is not itself named belongs to a dataset's audience in a term
covered(principal, id, _) if {
	members := persons(principal)
	count(members) > 0
	count(members - people[id]) == 0
}

covered(principal, id, term) if {
	principal in open_to_all
	everyone(id, term)
}

# METADATA
# title: Whether a dataset is declared for everyone in a term
everyone(id, _) if "anyone" in named[id]

everyone(id, term) if term in input.datasets[id].public_terms

# METADATA
# title: A principal in words
in_words(principal) := {
	"anyone": "anyone",
	"any_account": "anybody with an account",
	"unknown": "a reader that is not known",
}[principal]

in_words(principal) := principal if not principal in unnamed

persons(principal) := {principal} if startswith(principal, "person:")

persons(principal) := team_people[principal] if startswith(principal, "team:")

team_people := {principal: members |
	some name, team in input.teams
	principal := sprintf("team:%s", [name])
	members := {sprintf("person:%s", [member]) | some member in team.members}
}
