package lineage

import "strings"

// computers gives each computer one name, that under which it came first: logs write it in either case, and with its domain or without.
type computers struct {
	known map[string]string // by the name as it came and in lower case
	full  map[string]string // the first full name, in lower case, of a first label; "" where there are several
	short map[string][]string
}

// maxComputers bounds the names that are kept.
const maxComputers = 65536

func (c *computers) of(name string) string {
	if one, ok := c.known[name]; ok || name == "" {
		return one
	}
	if c.known == nil || len(c.known) >= maxComputers {
		*c = computers{make(map[string]string), make(map[string]string), make(map[string][]string)}
	}
	lower := strings.ToLower(name)
	one, ok := c.known[lower]
	label, domain, _ := strings.Cut(lower, ".")
	isFull := domain != "" && strings.Trim(label, "0123456789") != "" // else it is an address
	if !isFull {
		c.short[lower] = append(c.short[lower], name, lower)
	}
	switch other, several := c.full[label]; {
	case ok:
	case isFull && !several:
		c.full[label] = lower
		if one = c.known[label]; one == "" {
			one = name
		}
	case isFull:
		one, c.full[label] = name, ""
		c.part(label, c.known[other])
	case other != "":
		one = c.known[other]
	default:
		one = name
	}
	c.known[lower], c.known[name] = one, one
	return one
}

// part makes a short name a computer of its own: it no longer tells which of several it is. taken is what it was until now.
func (c *computers) part(label, taken string) {
	own := label
	if own == taken {
		own = strings.ToUpper(label)
	}
	for _, name := range c.short[label] {
		c.known[name] = own
	}
}
