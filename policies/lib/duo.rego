# METADATA
# scope: package
# title: Data Use Ontology
# description: >-
#   What the participants have agreed to travels with the data: a dataset has its own terms and those of everything
#   it comes from, over any number of steps, whether it is de-identified or not.
package slidebox.lib.duo

import data.slidebox.lib.lineage

permissions := {
	"DUO:0000004": "no restriction",
	"DUO:0000042": "general research use",
	"DUO:0000006": "health, medical or biomedical research",
	"DUO:0000007": "disease-specific research",
	"DUO:0000011": "population origins or ancestry research only",
}

modifiers := {
	"DUO:0000012": "research-specific restrictions",
	"DUO:0000015": "no general methods research",
	"DUO:0000016": "genetic studies only",
	"DUO:0000018": "not for profit, non-commercial use only",
	"DUO:0000019": "publication required",
	"DUO:0000020": "collaboration required",
	"DUO:0000021": "ethics approval required",
	"DUO:0000022": "geographical restriction",
	"DUO:0000024": "publication moratorium",
	"DUO:0000025": "time limit on use",
	"DUO:0000026": "user-specific restriction",
	"DUO:0000027": "project-specific restriction",
	"DUO:0000028": "institution-specific restriction",
	"DUO:0000029": "return to database",
	"DUO:0000043": "clinical care use",
	"DUO:0000044": "population origins or ancestry research prohibited",
	"DUO:0000045": "not for profit organisation use only",
	"DUO:0000046": "non-commercial use only",
}

# METADATA
# title: The terms that hold for a dataset, with the datasets that they come from; only of those that have some
# description: De-identification cuts the way of what can be recognised, not of what was agreed to.
terms := {id: found |
	some id, origins in lineage.of
	sources := origins & bearing
	count(sources) > 0
	found := {term: those |
		some source in sources
		some term in input.datasets[source].duo
		those := {origin | some origin in sources; term in input.datasets[origin].duo}
	}
}

bearing := {id | some id, dataset in input.datasets; count(dataset.duo) > 0}

# METADATA
# title: A term in words
in_words(term) := sprintf("%s (%s)", [term, object.get(meanings, term, "not a term that is known here")])

meanings := object.union(permissions, modifiers)
