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
of(location) := {[starts(location), "is deleted"]} if {
	location.system == systems.deletion
} else := {[day, why] |
	some [days, why] in spans(location)
	day := calendar.later(since(location), days)
}

# After how many days something takes a dataset from a location, with what takes it.
spans(location) := {[days, sprintf("expires there after %v days", [days])] |
	days := location.lifecycle.expire_days
	is_number(days)
} | {[days, sprintf("is scratch for %v days", [days])] |
	dataset := input.datasets[location.dataset]
	dataset.keep == "scratch"
	days := dataset.scratch_days
	is_number(days)
}

# METADATA
# title: Whether a bucket may let data expire without anybody knowing
doubtful(location) if {
	location.lifecycle.expire_days == "unknown"
	systems.bucket(location)
}

# What lies there already may be as old as the dataset itself; none, where no day is recorded, is later than any day.
since(location) := min({input.datasets[location.dataset].created, starts(location)}) if {
	starts(location) <= input.now
} else := starts(location)

starts(location) := location.starts if {
	shape.date(location.starts)
} else := input.now
