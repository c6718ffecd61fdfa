# METADATA
# scope: package
# title: Data that can be made or had again
package slidebox.lib.remakeable

# METADATA
# title: Whether a dataset can be had again when its bytes are gone
# description: >-
#   It is fetched from its public source, or made again from parents that stay, by a step that is completely
#   recorded. Raw images that are not public are never made again.
again(id) if obtainable(input.datasets[id])

again(id) if count(obstacles(id)) == 0

# METADATA
# title: Why a dataset could not be made again
obstacles(id) := because(input.datasets[id])

because(dataset) := {"raw images are made from nothing, and no public source is named to stream them from"} if {
	dataset.level == "raw_images"
}

because(dataset) := {why | some why in of_parents(dataset)} | {why | some why in of_step(dataset)} if {
	dataset.level != "raw_images"
}

of_parents(dataset) := {"no parent is named"} if count(dataset.parents) == 0

of_parents(dataset) := {sprintf("%s is not kept either", [parent]) |
	some parent in dataset.parents
	not stays(parent)
} if {
	count(dataset.parents) > 0
}

of_step(dataset) := set() if {
	dataset.step.recorded == true
	dataset.step.missing == []
} else := {"its step is not completely recorded"}

stays(id) if input.datasets[id].keep == "copy"

stays(id) if public(id)

# METADATA
# title: Whether a dataset is public elsewhere, and it is said where
public(id) if named_source(input.datasets[id])

obtainable(dataset) if {
	named_source(dataset)
	dataset.keep in {"stream", "scratch"}
}

named_source(dataset) if {
	dataset.origin == "public"
	not dataset.source in {"none", "unknown", ""}
}
