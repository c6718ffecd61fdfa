# METADATA
# scope: package
# title: A transition saves more than it costs
# description: >-
#   Moving objects to a cheaper class costs a fee for each of them. Counted over the year that follows, or until the
#   data move on or expire, the move saves more than that; and nothing moves whose objects are smaller than the new
#   class bills. A class that moves objects by itself costs a fee for watching them too, and saves by what nobody reads:
#   it pays if a small share of the data is not read.
# custom:
#   id: cost/transitions_pay
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.system
#     - location.storage_class
#     - location.lifecycle
#     - dataset.bytes
#     - dataset.files
#     - system.classes
#   cure: Take the transition away, or bundle the files so that there are fewer objects to move.
#   references:
#     - Amazon S3 pricing, lifecycle transition requests
#     - Amazon S3 User Guide, constraints and considerations for transitions
package slidebox.cost.transitions_pay

import data.slidebox.lib.classes
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

days_of_a_year := 365

months_of_a_year := 12

location_findings contains finding if {
	some id, location in input.locations
	some transition in location.lifecycle.transitions
	dataset := input.datasets[location.dataset]
	target := classes.class_of(location.system, transition.storage_class)
	some loss in losses(location, transition, dataset, target)
	finding := judge.finding(info, id, loss)
}

location_findings contains finding if {
	some id, location in input.locations
	some transition in location.lifecycle.transitions
	some name in {transition.storage_class, source(location, transition)}
	not classes.class_of(location.system, name)
	finding := judge.graded(info, "warning", id, sprintf(
		"nothing is known about the class %s of %s: whether moving there or from there pays cannot be said",
		[name, location.system],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

losses(_, transition, dataset, target) := {sprintf(
	"%s bills %v bytes for every object at least, and these have %v on average: they would move for nothing",
	[transition.storage_class, target.min_object_bytes, round(classes.mean_bytes(dataset))],
)} if {
	classes.too_small(dataset, target)
}

losses(location, transition, dataset, target) := {sprintf(
	"moving %v objects to %s after %v days%s costs %s and saves %s in the %v days that follow%s",
	[
		dataset.files, transition.storage_class, transition.days, besides(target),
		classes.usd(fee), saved_in_words(saving), days, provided(target),
	],
) |
	fee >= saving
} if {
	dataset.files > 0
	not classes.too_small(dataset, target)
	from := classes.class_of(location.system, source(location, transition))
	days := stay(location.lifecycle, transition)
	monthly := classes.monthly_usd(dataset, from) - classes.monthly_usd(dataset, target)
	at_once := ((monthly * months_of_a_year) * days) / days_of_a_year
	saving := at_once + classes.saved_by_tiers(dataset, target, days)
	moving := (dataset.files / 1000) * target.transition_usd_per_1000
	fee := moving + classes.watching_usd(dataset, target, days)
}

besides(target) := " and watching them" if is_object(target.tiered)

besides(target) := "" if target.tiered == "none"

provided(target) := sprintf(" if nobody reads %v %% of them", [target.tiered.unread * 100])

provided(target) := "" if target.tiered == "none"

# The class that a transition moves out of: where the last one before it moved to.
source(location, transition) := name if {
	[_, name] := max({[other.days, other.storage_class] |
		some other in location.lifecycle.transitions
		other.days < transition.days
	})
} else := location.storage_class

# How many days of the following year the data stay in the class they are moved to.
stay(lifecycle, transition) := min({days_of_a_year} | {left |
	some end in ends(lifecycle)
	end > transition.days
	left := end - transition.days
})

ends(lifecycle) := {transition.days | some transition in lifecycle.transitions} | {lifecycle.expire_days |
	is_number(lifecycle.expire_days)
}

saved_in_words(saving) := classes.usd(saving) if saving > 0

saved_in_words(saving) := "nothing" if saving <= 0
