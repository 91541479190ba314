package etw

import (
	"testing"
)

// TestWanted tells interesting events from the rest by their first bytes.
func TestWanted(t *testing.T) {
	srvsvc, other := parseGUID("{4b324fc8-1670-01d3-1278-5a47bf6ee188}"), parseGUID("{4b324fc8-1670-01d3-1278-5a47bf6ee189}")
	lsarpc := parseGUID("{12345778-1234-abcd-ef00-0123456789ab}")
	for _, c := range []struct {
		provider string
		e        rawEvent
		data     []byte
		want     bool
	}{
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 5, pid: 1}, payload(uint32(2), uint32(0x10), uint32(0)), true},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 5, pid: 1}, payload(uint32(2), uint32(0x1400), uint32(0)), false},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 5, pid: 1}, payload(uint32(2), uint32(0x2000000), uint32(0)), true},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 6, pid: 1}, payload(uint32(2), uint32(3), uint32(0x10), uint32(0)), true},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 6, pid: 2}, payload(uint32(2), uint32(3), uint32(0x10), uint32(0)), false},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 6, pid: 1}, payload(uint32(2), uint32(3), uint32(0x800), uint32(0)), false},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 4, pid: 1}, payload(uint32(0)), true},
		{"Microsoft-Windows-Kernel-Process", rawEvent{id: 3, pid: 1}, payload(uint32(1)), false},
		{"Microsoft-Windows-Kernel-Process", rawEvent{id: 3, pid: 1}, payload(uint32(2)), true},
		{"Microsoft-Windows-Kernel-Process", rawEvent{id: 1, pid: 1}, payload(uint32(1)), true},
		{"Microsoft-Windows-Kernel-Registry", rawEvent{id: 1, pid: 1}, payload(uint64(0), uint64(0), uint32(0), uint32(2)), false},
		{"Microsoft-Windows-Kernel-Registry", rawEvent{id: 1, pid: 1}, payload(uint64(0), uint64(0), uint32(0), uint32(1)), true},
		{"Microsoft-Windows-Kernel-Registry", rawEvent{id: 5, pid: own}, nil, false},
		{"Microsoft-Windows-Kernel-File", rawEvent{id: 30, pid: own}, nil, false},
		{"Microsoft-Windows-Kernel-File", rawEvent{id: 30, pid: 1}, nil, true},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(srvsvc[:], uint32(15), uint32(2)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 6, pid: 1}, payload(srvsvc[:], uint32(15), uint32(2)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(srvsvc[:], uint32(15), uint32(local)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 6, pid: 1}, payload(srvsvc[:], uint32(15), uint32(local)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(srvsvc[:], uint32(99), uint32(2)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(other[:], uint32(15), uint32(2)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(lsarpc[:], uint32(57), uint32(local)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(lsarpc[:], uint32(57), uint32(1)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(lsarpc[:], uint32(37), uint32(local)), true},
	} {
		if got := filters[c.provider](&c.e, c.data, own); got != c.want {
			t.Errorf("%s %d by %d % x: %v", c.provider, c.e.id, c.e.pid, c.data, got)
		}
		for n := range c.data { // cut anywhere it must not fall over
			filters[c.provider](&c.e, c.data[:n], own)
		}
	}
}

const own = 999
