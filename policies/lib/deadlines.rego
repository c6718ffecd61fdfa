# METADATA
# scope: package
# title: From when data may be public, and until when they may be read
# description: Both travel with what is made from the data. The greatest and the least of no days are undefined.
package slidebox.lib.deadlines

import data.slidebox.lib.lineage

time_limit_on_use := "DUO:0000025"

# METADATA
# title: The first day on which a dataset may be public, where it has one
# description: Its own, or a later one of something it comes from.
embargo := {id: max(days) |
	some id, origins in lineage.of
	days := {day | some origin in origins; day := embargoed[origin]}
}

# METADATA
# title: The last day on which a dataset may be read, where it has one
# description: Its own, or an earlier one of something it comes from whose participants set a limit.
expires := {id: min(days) |
	some id, origins in lineage.of
	days := {day | some origin in origins; day := expiring[origin]; binds(origin, id)}
}

# METADATA
# title: The day on which a location holds its dataset first
begins(location) := max({input.now, location.starts})

embargoed := {id: dataset.embargo | some id, dataset in input.datasets; dataset.embargo != "none"}

expiring := {id: dataset.expires | some id, dataset in input.datasets; dataset.expires != "none"}

binds(id, id)

binds(origin, _) if time_limit_on_use in input.datasets[origin].duo
