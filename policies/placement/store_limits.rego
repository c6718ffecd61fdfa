# METADATA
# scope: package
# title: A dataset fits its store
# description: >-
#   Size, number of files and largest file keep to the limits of the system, as they are today, and to the
#   capacity of the store. Where slidebox itself bundles the files of a deposit their number does not count.
# custom:
#   id: placement/store_limits
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.store
#     - location.system
#     - dataset.bytes
#     - dataset.files
#     - dataset.largest_file_bytes
#     - store.capacity
#     - store.kind
#     - system.max_bytes
#     - system.min_bytes
#     - system.max_total_bytes
#     - system.max_files
#     - system.max_file_bytes
#   cure: Choose a store that takes it, bundle the files, or write the account's real limit into lab.yaml.
#   references:
#     - Playbook, Table 1, column "Size limits"
package slidebox.placement.store_limits

import data.slidebox.lib.amounts
import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some limit in limits_of[location.system]
	not bundled(limit.have, location.store)
	have := input.datasets[location.dataset][limit.have]
	have > limit.value
	finding := judge.finding(info, id, sprintf(
		limit.message,
		[amount(have, limit.unit), location.system, amount(limit.value, limit.unit)],
	))
}

location_findings contains finding if {
	some id, location in input.locations
	have := input.datasets[location.dataset].bytes
	least := input.systems[location.system].min_bytes
	is_number(least)
	have < least
	finding := judge.finding(info, id, sprintf(
		"%s are fewer than the %s that %s takes at least",
		[amount(have, "B"), amount(least, "B"), location.system],
	))
}

location_findings contains finding if {
	some id, location in input.locations
	have := input.datasets[location.dataset].bytes
	capacity := input.stores[location.store].capacity # where any amount fits a word, which is more than any number
	have > capacity
	finding := judge.finding(info, id, sprintf(
		"%s do not fit into %s, which holds %s",
		[amount(have, "B"), location.store, amount(capacity, "B")],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

bundled("files", store) if input.stores[store].kind in systems.bundling_kinds

limits := [
	{
		"have": "bytes",
		"most": "max_bytes",
		"unit": "B",
		"message": "%s are more than a dataset in %s may have: %s",
	},
	{
		"have": "bytes",
		"most": "max_total_bytes",
		"unit": "B",
		"message": "%s are more than all of %s holds: %s",
	},
	{
		"have": "files",
		"most": "max_files",
		"unit": "files",
		"message": "%s are more than a dataset in %s may have: %s",
	},
	{
		"have": "largest_file_bytes",
		"most": "max_file_bytes",
		"unit": "B",
		"message": "a file of %s is larger than %s takes: %s",
	},
]

limits_of[name] contains object.union(limit, {"value": value}) if {
	some name, system in input.systems
	some limit in limits
	value := system[limit.most]
	is_number(value)
}

amount(count, "files") := sprintf("%d files", [count])

amount(count, "B") := amounts.bytes(count)
