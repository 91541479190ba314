// Package hosts tells apart the hosts that records name.
package hosts

import (
	"bytes"
	"hash/maphash"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Hosts keeps those that records name, by node= or by what a log's collector put before them: of several machines' records in one
// file each stays its own machine's.
type Hosts struct {
	known map[string]*event.Host
	seed  maphash.Seed
	last  *event.Host // records mostly follow one of the same host
	id    uint32
}

// Bounds of what is kept: hosts, and bytes of a name, which is what DNS allows.
const (
	maxHosts    = 4096
	maxHostName = 255
)

// New gives one that knows no host yet.
func New() Hosts { return Hosts{known: make(map[string]*event.Host), seed: maphash.MakeSeed()} }

// Named gives a host and a number that tells it from others; nil and 0 for no name.
func (h *Hosts) Named(name []byte) (*event.Host, uint32) {
	name = name[:min(len(name), maxHostName)]
	if len(name) == 0 || string(name) == "(null)" || string(name) == "-" {
		return nil, 0
	}
	if h.last != nil && h.last.Name == string(name) {
		return h.last, h.id
	}
	host := h.known[string(name)]
	if host == nil {
		if len(h.known) >= maxHosts {
			clear(h.known)
		}
		host = &event.Host{Name: string(bytes.ToValidUTF8(name, []byte("\uFFFD"))), Kind: event.Computer}
		h.known[string(name)] = host
	}
	h.last, h.id = host, uint32(maphash.Bytes(h.seed, name))|1
	return h.last, h.id
}
