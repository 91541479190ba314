// Package order knows in which order the templates of Windows' providers have an event's values. Some shippers give the values by place
// alone.
package order

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// list has a line for each event, by its number of values: its id and their names. The names are those of the templates in .evtx
// files and of the events' pages in Microsoft's documentation.
//
//go:embed order.txt
var list string

type key struct {
	provider string
	id       uint32
	values   int
}

var known = sync.OnceValue(func() map[key][]string {
	out := make(map[key][]string)
	provider := ""
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			provider = strings.TrimSuffix(name, "]")
			continue
		}
		number, names, _ := strings.Cut(line, " ")
		id, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			continue
		}
		all := strings.Split(names, ",")
		out[key{provider, uint32(id), len(all)}] = all
	}
	return out
})

// Of gives the names of an event's values; nil where no template of so many values is known. Sysmon's events had no RuleName before
// version 7.
func Of(provider string, id uint32, values int) []string {
	if names := known()[key{provider, id, values}]; names != nil || provider != "Microsoft-Windows-Sysmon" {
		return names
	}
	if names := known()[key{provider, id, values + 1}]; len(names) > 0 && names[0] == "RuleName" && names[len(names)-1] != "User" {
		return names[1:]
	}
	return nil
}
