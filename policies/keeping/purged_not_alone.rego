# METADATA
# scope: package
# title: What deletes by itself never holds the only copy
# description: >-
#   Scratch space of a cluster is purged, and a bucket's lifecycle lets objects expire. Data that the lab keeps have at
#   least one place from which nothing takes them; only what is declared as scratch or streamed, and copies of public
#   data whose source is named, may lie in such places alone.
# custom:
#   id: keeping/purged_not_alone
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.store
#     - location.system
#     - location.lifecycle
#     - dataset.origin
#     - dataset.keep
#     - dataset.source
#   cure: >-
#     Add a store that keeps what is in it, or say of the dataset that it is `keep: scratch`, with `expire_after` no
#     longer than the store's `purge_after`.
#   references:
#     - Playbook, Table 1, local cluster
#     - Playbook, section Flow, unnecessary storage bloat
package slidebox.keeping.purged_not_alone

import data.slidebox.lib.judge
import data.slidebox.lib.remakeable
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

together_findings contains finding if {
	some subject, places in held
	count(places.purged) > 0
	count(places.lasting) == 0
	grave := severity(places.doubtful)
	finding := judge.wanting(
		judge.graded(info, grave, subject, sprintf(
			"it lies only where it is deleted by itself: %s%s",
			[concat(" and ", sort(object.keys(places.purged))), doubt(places.doubtful)],
		)),
		"another_copy",
	)
}

together_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if some finding in judge.unread_datasets(info)

# One union brings the places of a dataset and term together.
held := object.union_n([{subject: places} |
	some location in input.locations
	location.system != systems.deletion
	input.datasets[location.dataset].keep == "copy"
	not remakeable.public(location.dataset)
	subject := sprintf("%s@%s", [location.dataset, location.term])
	days := location.lifecycle.expire_days
	places := {
		"purged": {sprintf("%s after %v days", [location.store, days]): null | is_number(days)},
		"lasting": {location.store: null | days == "none"},
		"doubtful": {location.store: null | days == "unknown"},
	}
])

# What is made by hand may well keep it; nothing says so.
severity(doubtful) := info.severity if {
	count(doubtful) == 0
} else := "warning"

doubt(doubtful) := "" if {
	count(doubtful) == 0
} else := sprintf("; nothing says what happens in %s", [concat(" and ", sort(object.keys(doubtful)))])
