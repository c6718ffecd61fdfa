# METADATA
# scope: package
# title: Data that are worked on are at hand, for everybody who works on them
# description: >-
#   While a dataset is active it lies in a store that is used instantly, and if more than one person works with it, in
#   one that several can use at once. A plan refuses every other store; of what is made or running, one such copy is
#   enough, and a slow one beside it is a backup.
# custom:
#   id: placement/instant_access_while_active
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.gate
#     - location.dataset
#     - location.term
#     - location.store
#     - location.system
#     - dataset.audience
#     - team.members
#     - system.speed
#     - system.shared
#   cure: Choose a store with instant access for several people, such as a drive, a cluster or a bucket.
#   references:
#     - Playbook, section Flow, "if the data are actively being worked on, multiple people should have immediate access"
#     - Playbook, Table 1, column "Usage speed"
package slidebox.placement.instant_access_while_active

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.shape
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	input.gate == "plan"
	some id, location in worked_on
	message := concat(", and ", sort(hindrances(location)))
	message != ""
	finding := judge.finding(info, id, message)
}

location_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if {
	input.gate != "plan"
	some dataset, reasons in hindered
	not dataset in at_hand
	finding := judge.finding(info, sprintf("%s@short", [dataset]), sprintf(
		"no copy is at hand for everybody who works on it: %s",
		[concat(", and ", object.keys(reasons))],
	))
}

together_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if some finding in judge.unread_datasets(info)

worked_on := {id: location |
	some id, location in input.locations
	location.term == "short"
	location.system != systems.deletion
}

at_hand := {location.dataset |
	some location in worked_on
	count(hindrances(location)) == 0
}

# One union brings the places of a dataset together; no join is needed.
hindered := object.union_n([{location.dataset: {reason: null}} |
	some location in worked_on
	some reason in hindrances(location)
])

hindrances(location) := {sprintf("%s is not used instantly (%s)", [location.store, speed]) |
	speed := input.systems[location.system].speed
	speed != "instant"
} | {sprintf("%s is used by one person at a time", [location.store]) |
	input.systems[location.system].shared != true
	several(location.dataset)
}

several(id) if {
	principals := audience.holders(id, shape.roles)
	count({person | some person in principals; not startswith(person, "team:")}) > 1
}

several(id) if count(audience.holders(id, shape.roles) & audience.unnamed) > 0
