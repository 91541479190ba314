package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/apiwatch/apiwatch/queries"
)

// maxConfig is what osquery took as a whole configuration until 5.23.1, in bytes.
const maxConfig = 1 << 20

// findingsInterval is how often the lean pack asks for findings, in seconds: the table is small and already evaluated.
const findingsInterval = 10

// osqueryPlatform is osquery's name of a platform; what any host may collect for others has none.
var osqueryPlatform = map[string]string{"linux": "linux", "windows": "windows", "macos": "darwin"}

// packName is the name of the pack that holds a platform's analytics.
func packName(platform string) string {
	if name, ok := osqueryPlatform[platform]; ok {
		return name
	}
	return platform
}

// rulesPack is the name of the pack that holds published rules for T1106.
const rulesPack = "t1106_native_api"

// pack is an osquery query pack (osquery's docs, deployment/configuration, "Packs").
type pack struct {
	Platform string               `json:"platform,omitempty"`
	Queries  map[string]packQuery `json:"queries"`
}

type packQuery struct {
	Query       string `json:"query"`
	Interval    int64  `json:"interval"`
	Description string `json:"description"`
	Platform    string `json:"platform,omitempty"`
	Removed     bool   `json:"removed"`
	Snapshot    bool   `json:"snapshot"`
}

// describe says what a scheduled query is for: the analytic, or one of its ways.
func describe(d *queries.Detection, w *queries.Way) string {
	return d.Name + ": " + cmp.Or(w.Description, d.Description)
}

// packs gives one pack for each platform that has analytics, one of the rules, and the lean one.
func packs(ds []queries.Detection) (map[string][]byte, error) {
	byName := map[string]pack{
		"apiwatch_findings": {Queries: map[string]packQuery{"apiwatch_findings": {
			Query: findingsQuery, Interval: findingsInterval,
			Description: "Everything that the extension itself found, evaluated as events arrive. For large fleets, " +
				"in place of the platforms' packs.",
		}}},
	}
	for i := range ds {
		d := &ds[i]
		name, platform := packName(d.Platform), osqueryPlatform[d.Platform]
		whole := platform
		if d.Rule() {
			name, whole = rulesPack, ""
		}
		p, ok := byName[name]
		if !ok {
			p = pack{Platform: whole, Queries: map[string]packQuery{}}
			byName[name] = p
		}
		for j := range d.Ways {
			w := &d.Ways[j]
			p.Queries[d.QueryName(w)] = packQuery{
				Query: queries.OneLine(d.SQL(w)), Interval: w.Interval, Description: describe(d, w), Platform: platform,
			}
		}
	}
	out := make(map[string][]byte)
	total := 0
	for _, name := range sortedKeys(byName) {
		content, err := encode(byName[name])
		if err != nil {
			return nil, fmt.Errorf("writing pack %s: %w", name, err)
		}
		out["packs/"+name+".conf"] = content
		total += len(content)
	}
	if total >= maxConfig {
		return nil, fmt.Errorf("packs have %d bytes together; osquery takes a configuration of %d", total, maxConfig)
	}
	return out, nil
}

var findingsQuery = "SELECT " + strings.Join(queries.CommonColumns(), ", ") + " FROM findings"

// encode gives indented JSON in which SQL stays readable.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// catalogue gives all that is known of every analytic.
func catalogue(ds []queries.Detection) ([]byte, error) {
	type way struct {
		QueryName string `json:"query_name"`
		*queries.Way
		Columns []string `json:"columns"`
	}
	type entry struct {
		*queries.Detection
		Ways []way `json:"ways"`
	}
	entries := make([]entry, len(ds))
	for i := range ds {
		d := &ds[i]
		entries[i].Detection = d
		for j := range d.Ways {
			w := &d.Ways[j]
			entries[i].Ways = append(entries[i].Ways, way{d.QueryName(w), w, w.Columns()})
		}
	}
	return encode(map[string]any{"detections": entries})
}
