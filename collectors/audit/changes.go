package audit

import (
	"bytes"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
)

var changeSource = &event.LogSource{Name: "auditd:CONFIG_CHANGE", Provider: "audit"}

// requests are the messages to the kernel by which auditing is changed, by what a record's op says (include/uapi/linux/audit.h).
var requests = map[string]*event.API{
	"add_rule": event.APINamed("AUDIT_ADD_RULE"), "remove_rule": event.APINamed("AUDIT_DEL_RULE"), "set": event.APINamed("AUDIT_SET"),
	"trim": event.APINamed("AUDIT_TRIM"), "make_equiv": event.APINamed("AUDIT_MAKE_EQUIV"), "tty_set": event.APINamed("AUDIT_TTY_SET"),
	"set_feature": event.APINamed("AUDIT_SET_FEATURE"),
}

// changeAPI stands for what is no such message: what auditd does, and what the kernel does by itself.
var changeAPI = event.APINamed("audit_change")

// daemonActions are what auditd's records tell.
var daemonActions = map[uint16]string{
	typeDaemonStart: "daemon_start", typeDaemonEnd: "daemon_end", typeDaemonAbort: "daemon_abort", typeDaemonConfig: "daemon_config",
	typeDaemonResume: "daemon_resume", typeDaemonErr: "daemon_error", typeReplace: "daemon_replace",
}

// deliverChanges makes an event of each record of a group that tells of a change of auditing itself. Who made it is told by the call that
// newer kernels record with it, or by its login alone.
func (d *Decoder) deliverChanges(g *group, called bool) {
	dr := &d.draft
	caller := dr.Actor
	for _, r := range g.recs {
		if !isChange(r.typ) {
			continue
		}
		dr.Actor, dr.Event = caller, event.Event{TimeNS: g.key.ms * 1e6, LogSource: changeSource, Host: g.host}
		if r.typ == typeTrustedApp {
			dr.Event.LogSource = own.Source
		}
		d.change(r.typ, g.body(r), called)
		d.n.events.Add(1)
		if d.Sink != nil {
			d.Sink.Draft(dr)
		}
	}
}

// change reads a record: audit_log_rule_change, audit_log_config_change, audit_log_feature_change, audit_log_multicast and others of
// kernel/audit*.c; auditd's own (src/auditd.c of audit-userspace).
func (d *Decoder) change(typ uint16, body []byte, called bool) {
	e, a := &d.draft.Event, &d.draft.Actor
	e.Kind = event.KindAuditChange
	x := &event.AuditChange{List: -1, AUID: -1, Session: -1}
	e.Detail = x
	e.NoExit = true
	body, _ = split(body)
	s := scanner{body}
	word := func(value []byte) string { return d.texts.Word(bare(value)) }
	if typ == typeTrustedApp {
		word = d.texts.Path
	}
	op := ""
	for {
		key, value, ok := s.next()
		if !ok {
			break
		}
		switch name := string(key); name {
		case "op":
			op = strings.ReplaceAll(d.texts.Word(bare(value)), " ", "_")
		case "key":
			x.Key = d.texts.Path(value)
		case "list":
			x.List = event.RuleList(string(bare(value)))
		case "path", "dir":
			e.Path = d.texts.Path(value)
		case "old", "old-actions", "old-enabled", "old_pid":
			x.Old = word(value)
		case "new", "actions", "new-enabled", "new_pid", "nl-mcgrp":
			x.Value = word(value)
		case "feature", "setting":
			x.Setting = word(value)
		case "auid":
			x.AUID = id(digitRun(value))
		case "ses":
			x.Session = id(digitRun(value))
		case "res":
			e.Outcome = outcome(value)
		case "pid":
			if pid, ok := decimal(digitRun(value)); ok && !called && pid > 0 {
				a.PID = pid
			}
		case "uid":
			if !called {
				a.UID = id(digitRun(value))
			}
		case "comm":
			if !called {
				a.Comm = d.texts.Path(value)
			}
		case "exe":
			if !called {
				a.Path = d.texts.Path(value)
			}
		case "tty":
			if !called {
				a.TTY = d.texts.Word(bare(value))
			}
		default:
			if x.Setting == "" && (strings.HasPrefix(name, "audit_") || name == "lost" || name == "state") {
				x.Setting, x.Value = d.texts.Word(key), d.texts.Word(bare(value))
			}
		}
	}
	switch x.Action = op; {
	case daemonActions[typ] != "":
		x.Action = daemonActions[typ]
		if x.Setting == "" {
			x.Value = op
		}
	case typ == typeFeatureChange:
		x.Action = "set_feature"
	case typ == typeEventListener:
		x.Action = "listener_" + op
	case op == "" && x.Setting != "": // of kernels before 3.3
		x.Action = "set"
	}
	if a.PID > 0 && !called {
		a.AUID, a.Session = x.AUID, x.Session
	}
	if e.API = requests[x.Action]; e.API == nil {
		e.API = changeAPI
	}
}

// digitRun gives the digits that a value begins with.
func digitRun(b []byte) []byte {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return b[:n]
}

// outcome reads res=1, res=success, res=yes, and res=1 with what auditd adds right behind it.
func outcome(value []byte) event.Outcome {
	value = bare(value)
	switch {
	case bytes.HasPrefix(value, []byte("1")), bytes.HasPrefix(value, []byte("success")), bytes.HasPrefix(value, []byte("yes")):
		return event.Success
	case bytes.HasPrefix(value, []byte("0")), bytes.HasPrefix(value, []byte("fail")), bytes.HasPrefix(value, []byte("no")):
		return event.Failure
	}
	return event.OutcomeUnknown
}
