package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// taskEvents are those of Microsoft-Windows-TaskScheduler/Operational that tell of a task's definition and of what it runs.
var taskEvents = map[uint32]mapping{
	100: taskEvent("start"), 101: taskEvent("failed"), 102: taskEvent("end"), 103: taskEvent("failed"), 106: taskEvent("create"),
	107: taskEvent("trigger"), 108: taskEvent("trigger"), 109: taskEvent("trigger"), 110: taskEvent("trigger"), 111: taskEvent("terminate"),
	117: taskEvent("trigger"), 118: taskEvent("trigger"), 119: taskEvent("trigger"), 140: taskEvent("update"), 141: taskEvent("delete"),
	142: taskEvent("disable"),
	129: taskEvent("run"), 200: taskEvent("run"), 201: taskEvent("completed"), 202: taskEvent("failed"), 203: taskEvent("failed"),
}

func taskEvent(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		name := m.long(r, "TaskName")
		if name == "" {
			return false
		}
		m.draft.Actor.PID = int64(r.PID)
		m.actor.Facts.UserSID = m.names.keep(r.UserSID)
		m.draft.Actor.User = m.name(r, "UserContext", "UserName")
		ev := m.is(event.KindTask, "RegisterTask")
		ev.Outcome = event.Success
		if action == "failed" {
			ev.Outcome = event.Failure
		}
		t := &event.Task{Action: action, Name: name, User: m.name(r, "UserContext", "UserName"), Command: m.long(r, "ActionName", "Path")}
		if result := first(r, "ResultCode"); result != "" {
			code := number(result)
			t.Result = m.names.keep(windows.CodeText(result))
			m.gave(int64(int32(code)))
		}
		if id := pid(first(r, "ProcessID")); action == "run" && id > 0 {
			m.other().PID = id // what the scheduler started
		}
		ev.Path, ev.Detail = t.Command, t
		return true
	}
}
