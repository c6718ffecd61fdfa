# METADATA
# scope: package
# title: The storage class fits the use
# description: >-
#   A class with a minimum duration is for data that rest: not for data that are worked on, nor for data that leave
#   before it is over. Objects smaller than the least a class bills do not go there, and neither do data that cost as
#   much there as in the standard class once minimum sizes and the overhead of each object are counted.
# custom:
#   id: cost/class_fits_use
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.now
#     - location.dataset
#     - location.term
#     - location.starts
#     - location.system
#     - location.storage_class
#     - location.lifecycle
#     - dataset.activity
#     - dataset.bytes
#     - dataset.files
#     - dataset.scratch_days
#     - system.classes
#   cure: >-
#     Use the standard class, bundle small files into few large ones, or choose another store for this term
#     (`storage_classes` of the dataset).
#   references:
#     - Playbook, section Flow, align data access demand with storage solutions
#     - Amazon S3 User Guide, understanding and managing storage classes
package slidebox.cost.class_fits_use

import data.slidebox.lib.classes
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in elsewhere
	class := classes.class_of(location.system, location.storage_class)
	some misfit in misfits(location, input.datasets[location.dataset], class)
	finding := judge.finding(info, id, misfit)
}

location_findings contains finding if {
	some id, location in elsewhere
	some name in {location.storage_class, classes.standard}
	not classes.class_of(location.system, name)
	finding := judge.graded(info, "warning", id, sprintf(
		"nothing is known about the class %s of %s: what it costs cannot be said",
		[name, location.system],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

# Most locations are in the standard class, which fits every use.
elsewhere := {id: location |
	some id, location in input.locations
	location.storage_class != classes.standard
}

misfits(location, dataset, class) := (({sprintf("%s takes data for %v days at least, and these are worked on", [
	location.storage_class,
	class.min_days,
]) |
	class.min_days > 0
	worked_on(location, dataset)
} | {sprintf("%s takes data for %v days at least, and these %s after %v days", [
	location.storage_class,
	class.min_days,
	how,
	days,
]) |
	some [days, how] in leaves(location, dataset)
	days < class.min_days
}) | {sprintf("%s bills %v bytes for every object at least, and these have %v on average", [
	location.storage_class,
	class.min_object_bytes,
	round(classes.mean_bytes(dataset)),
]) |
	classes.too_small(dataset, class)
}) | {sprintf("%s costs %s a month for these, and the standard class %s", [
	location.storage_class,
	classes.usd(here),
	classes.usd(there),
]) |
	not classes.too_small(dataset, class)
	here := classes.monthly_usd(dataset, class)
	there := classes.monthly_usd(dataset, classes.class_of(location.system, classes.standard))
	here > there
}

worked_on(location, _) if location.term == "short"

worked_on(location, dataset) if {
	dataset.activity == "active"
	location.starts <= input.now
}

# After how many days something takes the data out of the class. A word, such as none, is more than any number.
leaves(location, dataset) := {
	[location.lifecycle.expire_days, "expire"],
	[dataset.scratch_days, "are scratch and go"],
} | {[transition.days, "move on"] |
	some transition in location.lifecycle.transitions
}
