# METADATA
# scope: package
# title: Only what can be made again is deleted
# description: >-
#   Immediate deletion takes streamed data of public origin, and data whose parents are declared and whose step is
#   completely recorded; never the lab's own raw images.
# custom:
#   id: keeping/deletion_only_remakeable
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.system
#     - dataset.level
#     - dataset.origin
#     - dataset.keep
#     - dataset.parents
#     - dataset.step
#     - dataset.source
#   cure: >-
#     Keep the bytes, or record how they can be had again (source and `keep: stream`, or parents and a full step).
#   references:
#     - Playbook, "Immediate deletion" and section Flow
package slidebox.keeping.deletion_only_remakeable

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.system == systems.deletion
	not remakeable(location.dataset)
	finding := judge.finding(info, id, sprintf("%s could not be made again", [location.dataset]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

remakeable(id) if streamed(input.datasets[id])

remakeable(id) if derived(input.datasets[id])

streamed(dataset) if {
	dataset.origin == "public"
	dataset.keep == "stream"
	not dataset.source in {"none", "unknown", ""}
}

derived(dataset) if {
	dataset.level != "raw_images"
	count(dataset.parents) > 0
	dataset.step.recorded == true
	dataset.step.missing == []
	every parent in dataset.parents { input.datasets[parent] }
}
