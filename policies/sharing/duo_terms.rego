# METADATA
# scope: package
# title: Data are kept as the participants have agreed
# description: >-
#   Whoever writes Data Use Ontology terms writes one permission, with its modifiers. The terms of what a dataset
#   comes from hold for it too, and its own permission is no wider than theirs. Only what may be used for anything or
#   for general research, without a modifier, is public; a publication moratorium wants an embargo first, a time limit
#   a last day, a geographical restriction its regions. What is for non-commercial use lies in no repository that
#   publishes under a licence without that condition.
# custom:
#   id: sharing/duo_terms
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.readers
#     - location.store
#     - location.system
#     - dataset.duo
#     - dataset.parents
#     - dataset.audience
#     - dataset.public_terms
#     - dataset.embargo
#     - dataset.expires
#     - dataset.regions
#     - store.region
#     - system.licence
#   cure: >-
#     Write one permission and what belongs to its modifiers (`embargo`, `expires`, `regions`), and keep the data where,
#     and from whom, the terms say.
#   references:
#     - Data Use Ontology (GA4GH), DUO:0000001 data use permission and DUO:0000017 data use modifier
#     - NIH Genomic Data Sharing Policy NOT-OD-14-124, data use limitations
package slidebox.sharing.duo_terms

import data.slidebox.lib.audience
import data.slidebox.lib.deadlines
import data.slidebox.lib.duo
import data.slidebox.lib.judge
import data.slidebox.lib.licences
import data.slidebox.lib.regions
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

no_restriction := "DUO:0000004"

general_research := "DUO:0000042"

health := "DUO:0000006"

disease := "DUO:0000007"

ancestry := "DUO:0000011"

geography := "DUO:0000022"

moratorium := "DUO:0000024"

time_limit := "DUO:0000025"

leave_public := {no_restriction, general_research}

non_commercial := {"DUO:0000018", "DUO:0000045", "DUO:0000046"}

# What each permission takes in: disease ⊂ health ⊂ general ⊂ none.
takes_in := {
	no_restriction: {no_restriction, general_research, health, disease, ancestry},
	general_research: {general_research, health, disease, ancestry},
	health: {health, disease},
	disease: {disease},
	ancestry: {ancestry},
}

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	dataset := input.locations[id].dataset
	terms := closing[dataset]
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read data under %s", [
			audience.in_words(reader.principal),
			in_words(dataset, terms),
		])),
		reader.path,
	)
}

location_findings contains finding if {
	some id, location in input.locations
	terms := object.keys(duo.terms[location.dataset]) & non_commercial
	count(terms) > 0
	licence := input.systems[location.system].licence
	licence != "none"
	not "NC" in licences.conditions(licence)
	finding := judge.finding(info, id, sprintf("%s publishes under %s, for commercial use too: the data are under %s", [
		location.store,
		licence,
		in_words(location.dataset, terms),
	]))
}

location_findings contains finding if {
	some id, location in input.locations
	location.system != systems.deletion # nothing lies there
	some origin in duo.terms[location.dataset][geography]
	allowed := input.datasets[origin].regions
	count(allowed) > 0 # said of the dataset below
	region := input.stores[location.store].region
	not regions.within(region, allowed)
	finding := judge.finding(info, id, sprintf("%s is in %s, and data under %s stay in %s", [
		location.store,
		region,
		in_words(location.dataset, {geography}),
		concat(", ", allowed),
	]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id in duo.bearing
	some term in input.datasets[id].duo
	not duo.meanings[term]
	finding := judge.finding(info, id, sprintf("%s is not a term of the Data Use Ontology that is known here", [term]))
}

declared_findings contains finding if {
	some id in duo.bearing
	permissions := permissions_of(id)
	count(permissions) != 1
	finding := judge.finding(info, id, sprintf("%d of its terms are permissions, and exactly one has to be", [
		count(permissions),
	]))
}

declared_findings contains finding if {
	some id in duo.bearing
	some permission in permissions_of(id)
	some limit, sources in duo.terms[id]
	not id in sources # then it has two permissions, which is said above
	not permission in object.get(takes_in, limit, {permission})
	finding := judge.finding(info, id, sprintf("%s is wider than %s of %s", [
		duo.in_words(permission),
		duo.in_words(limit),
		concat(", ", sort(sources)),
	]))
}

declared_findings contains finding if {
	some id, terms in closing
	audience.public_some_day(id)
	finding := judge.finding(info, id, sprintf("it is declared public, under %s", [in_words(id, terms)]))
}

declared_findings contains finding if {
	some id, terms in duo.terms
	terms[time_limit]
	not deadlines.expires[id]
	finding := judge.finding(info, id, sprintf("%s wants a last day, in `expires`", [in_words(id, {time_limit})]))
}

declared_findings contains finding if {
	some id in duo.bearing
	dataset := input.datasets[id]
	geography in dataset.duo
	dataset.regions == []
	finding := judge.finding(info, id, sprintf("%s wants its `regions`", [in_words(id, {geography})]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

# The terms that keep a dataset from being public, by dataset.
closing := {id: terms |
	some id, found in duo.terms
	terms := (object.keys(found) - leave_public) - over(id)
	count(terms) > 0
}

# A moratorium ends with the embargo, which is held by sharing/embargo_holds.
over(id) := {moratorium | deadlines.embargo[id]}

permissions_of(id) := {term | some term in input.datasets[id].duo; duo.permissions[term]}

in_words(id, terms) := concat(", ", [said |
	some term in sort(terms)
	said := sprintf("%s%s", [duo.in_words(term), from(duo.terms[id][term], id)])
])

from(sources, id) := "" if id in sources

from(sources, id) := sprintf(" of %s", [concat(", ", sort(sources))]) if not id in sources
