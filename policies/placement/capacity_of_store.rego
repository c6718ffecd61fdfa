# METADATA
# scope: package
# title: All datasets of a store fit into it together
# description: >-
#   The datasets that lie in one store in the same term are no more than it holds. A plan says it as a warning: it
#   asks about few datasets at a time, and later terms need not overlap; what is made or running has to fit.
# custom:
#   id: placement/capacity_of_store
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.gate
#     - location.dataset
#     - location.term
#     - location.store
#     - dataset.bytes
#     - store.capacity
#   cure: Choose another store for some of them, or write the store's real `capacity` into lab.yaml.
#   references:
#     - Playbook, Table 1, column "Size limits", totals
package slidebox.placement.capacity_of_store

import data.slidebox.lib.amounts
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

together_findings contains finding if {
	some store, terms in held
	some term, datasets in terms
	total := sum([bytes | some bytes in datasets])
	capacity := input.stores[store].capacity
	total > capacity
	some dataset, bytes in datasets
	finding := judge.graded(info, severity, sprintf("%s@%s", [dataset, term]), sprintf(
		"%s holds %s and would take %s in the %s term, %s of it for %s",
		[store, amounts.bytes(capacity), amounts.bytes(total), term, amounts.bytes(bytes), dataset],
	))
}

together_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if some finding in judge.unread_datasets(info)

# One union brings the datasets of a store and term together; no join is needed.
held := object.union_n([{location.store: {location.term: {location.dataset: bytes}}} |
	some location in input.locations
	is_number(input.stores[location.store].capacity)
	bytes := input.datasets[location.dataset].bytes
])

severity := "warning" if {
	input.gate == "plan"
} else := info.severity
