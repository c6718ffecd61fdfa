# METADATA
# scope: package
# title: When data go from where they lie
package slidebox.lib.ending

import data.slidebox.lib.calendar
import data.slidebox.lib.shape
import data.slidebox.lib.systems

# METADATA
# title: Locations from which something takes data, or may; most data stay
possible := {id: location |
	some id, location in input.locations
	takes(location)
}

takes(location) if location.lifecycle.expire_days != "none"

takes(location) if location.system == systems.deletion

takes(location) if input.datasets[location.dataset].keep == "scratch"

# METADATA
# title: The days on which something takes a dataset from a location, with what takes it
of(location) := ({[starts(location), "is deleted"] | location.system == systems.deletion} | {[day, why] |
	location.system != systems.deletion
	days := location.lifecycle.expire_days
	is_number(days)
	day := calendar.later(since(location), days)
	why := sprintf("expires there after %v days", [days])
}) | {[day, why] |
	location.system != systems.deletion
	dataset := input.datasets[location.dataset]
	dataset.keep == "scratch"
	is_number(dataset.scratch_days)
	day := calendar.later(since(location), dataset.scratch_days)
	why := sprintf("is scratch for %v days", [dataset.scratch_days])
}

# METADATA
# title: Whether a bucket may let data expire without anybody knowing
doubtful(location) if {
	location.lifecycle.expire_days == "unknown"
	systems.bucket(location)
}

# What lies there already may be as old as the dataset itself.
since(location) := created if {
	starts(location) <= input.now
	created := input.datasets[location.dataset].created
	shape.date(created)
	created < starts(location)
} else := starts(location)

starts(location) := location.starts if {
	shape.date(location.starts)
} else := input.now
