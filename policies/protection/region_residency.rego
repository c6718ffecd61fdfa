# METADATA
# scope: package
# title: Data stay in their regions
# description: >-
#   A dataset that names regions, or whose agreement does, lies in no other, and neither does what is made from it
#   until a recorded de-identification. A pattern that ends in `*` stands for all regions that begin so. A store of
#   which nobody says where it is lies in none of them.
# custom:
#   id: protection/region_residency
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.store
#     - location.system
#     - dataset.regions
#     - dataset.agreement
#     - dataset.parents
#     - dataset.deidentification
#     - agreement.regions
#     - store.region
#   cure: Choose a store in one of the regions, or say where the store is (`region`, or the lab's own `region`).
#   references:
#     - GDPR Chapter V, transfers to third countries
#     - DUO:0000022, geographical restriction
package slidebox.protection.region_residency

import data.slidebox.lib.judge
import data.slidebox.lib.regions
import data.slidebox.lib.sensitivity
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some bound in bounds
	some id, location in input.locations
	location.system != systems.deletion
	some origin in sensitivity.ancestry[location.dataset]
	[whose, allowed] := bound[origin]
	region := input.stores[location.store].region
	not regions.within(region, allowed)
	finding := judge.finding(info, id, sprintf(
		"%s is in %s, and %s in %s alone",
		[location.store, in_words(region), whose, concat(", ", allowed)],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

# Most labs bind nothing to a region, and then need not know what comes from what.
bounds := [bound |
	some bound in [own, agreed]
	bound != {}
]

# The regions of each dataset that is bound to some: by itself, and by its agreement.
own := {id: [sprintf("%s may lie", [id]), dataset.regions] |
	some id, dataset in input.datasets
	count(dataset.regions) > 0
}

agreed := {id: [sprintf("agreement %s lets %s lie", [dataset.agreement, id]), allowed] |
	some id, dataset in input.datasets
	allowed := input.agreements[dataset.agreement].regions
	count(allowed) > 0
}

in_words("none") := "no region that anybody has said"

in_words(region) := region if region != "none"
