package eventlog

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// defenderEvents are those of Microsoft-Windows-Windows Defender/Operational: what it found, its rules' blocks, and changes
// of itself. A finding is no call: it stays in eventlog_records, with the process that Defender names.
var defenderEvents = map[uint32]mapping{
	1006: defenderFound, 1007: defenderFound, 1015: defenderFound, 1116: defenderFound, 1117: defenderFound, 1118: defenderFound, 1119: defenderFound,
	1121: defenderRule, 1122: defenderRule, 1123: defenderRule, 1124: defenderRule, 1125: defenderRule, 1126: defenderRule,
	5000: defenderSelf, 5001: defenderSelf, 5004: defenderSelf, 5008: defenderSelf, 5010: defenderSelf, 5012: defenderSelf, 5013: defenderSelf,
	5007: defenderSetting,
}

var (
	defenderFound = kept{path: []string{"Process Name"}, user: []string{"Detection User"}, object: []string{"Path"}, pid: []string{"Process ID"}}.event
	defenderRule  = kept{path: []string{"Process Name"}, user: []string{"User"}, object: []string{"Path"}, pid: []string{"Process ID"}}.event
	defenderSelf  = kept{user: []string{"User"}}.event
)

// defenderSetting is for a setting, "HKLM\SOFTWARE\Microsoft\Windows Defender\… = 0x1" before and after.
func defenderSetting(m *Mapper, r *Record) bool {
	before, after := first(r, "Old Value"), first(r, "New Value")
	key, data, _ := strings.Cut(after, " = ")
	oldKey, oldData, _ := strings.Cut(before, " = ")
	c := &event.RegistryChange{Action: "set_value", Data: clip(strings.TrimSpace(data)), OldData: clip(strings.TrimSpace(oldData))}
	api := "RegSetValueEx"
	if key == "" {
		key, c.Action, api = oldKey, "delete_value", "RegDeleteValue"
	}
	if key = strings.TrimSpace(key); key == "" {
		return false
	}
	m.draft.Actor.PID = int64(r.PID)
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	ev := m.is(event.KindRegistryChange, api)
	ev.Outcome, ev.Path, ev.Detail = event.Success, m.names.keep(key), c
	c.ValueName = event.Base(ev.Path)
	return true
}
