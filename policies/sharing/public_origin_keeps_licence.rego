# METADATA
# scope: package
# title: Data of public origin keep their licence
# description: >-
#   Data of public origin name where they came from and under which licence. What is made from them states a licence
#   too, with the conditions that theirs hands on: the same licence, non-commercial use only, no adaptations. No
#   repository publishes data under another licence than the one they have.
# custom:
#   id: sharing/public_origin_keeps_licence
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.store
#     - location.system
#     - location.readers
#     - dataset.origin
#     - dataset.source
#     - dataset.licence
#     - dataset.parents
#     - dataset.audience
#     - dataset.public_terms
#     - system.licence
#   cure: Write `source` and `licence` as the source states them, and choose stores that publish under that licence.
#   references:
#     - Playbook, section Origin, "data already in the public domain"
#     - Creative Commons BY-SA 4.0, BY-NC 4.0 and BY-ND 4.0, sections 2(a) and 3
package slidebox.sharing.public_origin_keeps_licence

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.licences
import data.slidebox.lib.lineage

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	published := licence_of_system[location.system]
	licence := input.datasets[location.dataset].licence
	licence != "none" # said by sharing/public_has_licence
	not licence in licences.choices(published)
	finding := judge.finding(info, id, sprintf("%s publishes under %s, and the data are under %s", [
		location.store,
		published,
		licence,
	]))
}

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	some [origin, licence] in unadaptable[input.locations[id].dataset]
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read what is made from %s, whose %s lets nothing adapted be shared", [
			audience.in_words(reader.principal),
			origin,
			licence,
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id in public_origin
	some field in ["source", "licence"]
	input.datasets[id][field] == "none"
	finding := judge.finding(info, id, sprintf("it is of public origin and names no %s", [field]))
}

declared_findings contains finding if {
	some id, sources in made_from
	input.datasets[id].licence == "none"
	finding := judge.finding(info, id, sprintf("it names no licence, and comes from %s, of public origin", [
		concat(", ", sort(sources)),
	]))
}

declared_findings contains finding if {
	some id, sources in made_from
	some source in sources
	theirs := input.datasets[source].licence
	some condition in licences.conditions(theirs)
	own := input.datasets[id].licence
	own != "none" # said above
	not hands_on(own, theirs, condition)
	finding := judge.finding(info, id, sprintf("it is under %s, and comes from %s under %s, which asks for %s", [
		own,
		source,
		theirs,
		licences.in_words[condition],
	]))
}

declared_findings contains finding if {
	some id, found in unadaptable
	audience.public_some_day(id)
	some [origin, licence] in found
	finding := judge.finding(info, id, sprintf("declared public, but %s (from %s) lets nothing adapted be shared", [
		licence,
		origin,
	]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

public_origin := {id | some id, dataset in input.datasets; dataset.origin == "public"}

# The data of public origin that others are made from, by dataset; only of those made from some.
made_from := {id: sources |
	some id, origins in lineage.of
	sources := (origins & public_origin) - {id}
	count(sources) > 0
}

hands_on(own, theirs, "SA") if licences.family(own) == licences.family(theirs)

hands_on(own, _, "NC") if "NC" in licences.conditions(own)

# What may not be shared at all is said of where it is shared.
hands_on(_, _, "ND")

unadaptable := {id: found |
	some id, sources in made_from
	found := {[source, licence] |
		some source in sources
		licence := input.datasets[source].licence
		"ND" in licences.conditions(licence)
	}
}

licence_of_system := {name: system.licence | some name, system in input.systems; system.licence != "none"}
