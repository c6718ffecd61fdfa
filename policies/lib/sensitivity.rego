# METADATA
# scope: package
# title: How sensitive data really are
# description: >-
#   A dataset is at least as sensitive as everything it comes from, over any number of steps, unless a recorded
#   de-identification cuts the way. What comes from something that is not known is itself "unknown".
package slidebox.lib.sensitivity

import data.slidebox.lib.shape

# METADATA
# title: Words by gravity
# description: What is not known may be identifiable, so it ranks above everything that is known not to be.
rank := {"open": 0, "confidential": 1, "coded": 2, "unknown": 3, "identifiable": 4}

by_rank := ["open", "confidential", "coded", "unknown", "identifiable"]

# METADATA
# title: In which a patient or donor can be recognised, or in which nothing says that nobody can
recognisable := {"identifiable", "unknown"}

# METADATA
# title: The eighteen identifiers that a safe harbor removes
# description: 45 CFR 164.514(b)(2)(i), from (A) to (R).
identifiers := {
	"names",
	"geography",
	"dates",
	"phone",
	"fax",
	"email",
	"social_security",
	"medical_record",
	"health_plan",
	"account",
	"certificate",
	"vehicle",
	"device",
	"url",
	"ip_address",
	"biometric",
	"photograph",
	"other_code",
}

# METADATA
# title: Datasets with a complete record of their de-identification
# description: >-
#   By Safe Harbor, which names every identifier it removes, or by expert determination; by whom, when, and where the
#   evidence lies. A record without one of these lowers nothing.
deidentified := {id |
	some id, dataset in input.datasets
	dataset.deidentification.recorded == true
	dataset.deidentification.missing == []
	decided(dataset.deidentification)
}

decided(record) if record.method == "expert_determination"

decided(record) if {
	record.method == "safe_harbor"
	left_in(record) == set()
}

left_in(record) := identifiers - {identifier | some identifier in record.identifiers}

# METADATA
# title: What a record of a de-identification lacks, by dataset
incomplete := {id: lacking |
	some id, dataset in input.datasets
	dataset.deidentification.recorded == true
	not id in deidentified
	lacking := lacks(dataset.deidentification)
}

lacks(record) := sprintf("a safe harbor removes eighteen identifiers, and %s not named", [are(left_in(record))]) if {
	record.missing == []
	record.method == "safe_harbor"
} else := sprintf("%s not recorded", [are({name | some name in record.missing} | unsaid(record))])

unsaid(record) := {"method" | not record.method in {"safe_harbor", "expert_determination"}}

are(names) := sprintf("%s is", [concat("", names)]) if count(names) == 1

are(names) := sprintf("%s are", [concat(", ", sort(names))]) if count(names) != 1

# METADATA
# title: Effective sensitivity, by dataset
effective := {id: by_rank[worst] |
	some id, origins in ancestry
	worst := max({rank[declared[origin]] | some origin in origins})
}

# METADATA
# title: What a dataset's sensitivity comes from
# description: The dataset itself, or those of its ancestors that are as sensitive.
cause(id) := sprintf("it is declared %s", [effective[id]]) if declared[id] == effective[id]

cause(id) := sprintf("it comes from %s, which is %s", [concat(", ", as_grave(id)), effective[id]]) if {
	declared[id] != effective[id]
}

cause(id) := "nothing says how sensitive it is" if not effective[id]

# METADATA
# title: The way by which a dataset comes by its sensitivity, from itself to where it is declared
path(id) := [[step, declared[step]] | some step in way] if some way in graph.reachable_paths(causes, [id])

# One way for each dataset, as there may be very many: by the first of its parents that is as sensitive.
causes := object.union({parent: set() | some parent in named}, {id: parents |
	some id, effective_word in effective
	graver := {parent |
		declared[id] != effective_word
		some parent in ways[id]
		object.get(effective, parent, "unknown") == effective_word
	}
	parents := {first | first := min(graver)}
})

as_grave(id) := {origin |
	some origin in ancestry[id]
	declared[origin] == effective[id]
}

# A dataset and everything it comes from, up to where a de-identification cuts the way.
ancestry := {id: origins |
	some id, _ in input.datasets
	origins := graph.reachable(ways, {id})
}

# A parent that is not declared is "unknown".
declared := object.union({parent: "unknown" | some parent in named}, {id: word |
	some id, dataset in input.datasets
	word := own_word(dataset)
})

own_word(dataset) := dataset.sensitivity if {
	dataset.sensitivity in shape.sensitivities
	shape.words(dataset.parents)
} else := "identifiable" if {
	dataset.sensitivity == "identifiable"
} else := "unknown"

named := {parent | some dataset in input.datasets; some parent in dataset.parents}

# graph.reachable only walks nodes that are keys, so the ends of the ways are keys too.
ways := object.union({parent: set() | some parent in named}, {id: parents |
	some id, dataset in input.datasets
	parents := {parent | some parent in dataset.parents; not id in deidentified}
})
