package form

import (
	"math"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/labels"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/moment"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// target is the part of a record that a piece of a template fills.
type target uint8

const (
	toNothing target = iota
	toField          // a named value
	toNested         // binary XML within a substitution
	toInline         // a template instance within a template
	toBinary
	toProvider
	toProviderGUID
	toEventSource
	toEventID
	toQualifiers
	toVersion
	toLevel
	toTask
	toOpcode
	toKeywords
	toTime
	toRecordID
	toActivity
	toPID
	toTID
	toChannel
	toComputer
	toUser
)

// place is where in an event an element stands; what the same element means depends on it.
type place uint8

const (
	atTop    place = iota
	inEvent        // children of Event
	inSystem       // children of System
	inData         // anything within EventData, UserData and their like
	inIgnored
)

// within tells where the children of an element stand.
func within(at place, name string) place {
	switch at {
	case atTop:
		if name == "Event" {
			return inEvent
		}
		return within(inEvent, name)
	case inEvent:
		switch name {
		case "System":
			return inSystem
		case "RenderingInfo":
			return inIgnored
		}
		return inData
	default:
		return at
	}
}

// systemText tells what the text of an element of System fills.
func systemText(element string) target {
	switch element {
	case "EventID":
		return toEventID
	case "Version":
		return toVersion
	case "Level":
		return toLevel
	case "Task":
		return toTask
	case "Opcode":
		return toOpcode
	case "Keywords":
		return toKeywords
	case "EventRecordID":
		return toRecordID
	case "Channel":
		return toChannel
	case "Computer":
		return toComputer
	}
	return toNothing
}

// systemAttribute tells what an attribute of an element of System fills.
func systemAttribute(element, attribute string) target {
	switch element {
	case "EventID":
		if attribute == "Qualifiers" {
			return toQualifiers
		}
	case "Provider":
		switch attribute {
		case "Name":
			return toProvider
		case "Guid":
			return toProviderGUID
		case "EventSourceName":
			return toEventSource
		}
	case "TimeCreated":
		if attribute == "SystemTime" {
			return toTime
		}
	case "Correlation":
		if attribute == "ActivityID" {
			return toActivity
		}
	case "Execution":
		switch attribute {
		case "ProcessID":
			return toPID
		case "ThreadID":
			return toTID
		}
	case "Security":
		if attribute == "UserID" {
			return toUser
		}
	}
	return toNothing
}

// namesField tells the attribute that holds a value's name.
func namesField(element, attribute string) bool {
	return attribute == "Name" && (element == "Data" || element == "ComplexData")
}

// isField tells the attributes within UserData that are values of their own.
func isField(element, attribute string) bool {
	return element != "Data" && element != "ComplexData" && attribute != "xmlns" && !strings.HasPrefix(attribute, "xmlns:")
}

// number fills in a part of System that is a number.
func (b *builder) number(to target, n uint64) {
	r := &b.rec
	switch to {
	case toEventID:
		// Classic events have qualifiers before their id, and some forms give the two as one number, which may be signed.
		if n > math.MaxUint32 && int64(n) < math.MinInt32 || n > math.MaxUint32 && int64(n) >= 0 {
			b.badID = strconv.FormatUint(n, 10)
			return
		}
		r.EventID, b.sawID = uint32(uint16(n)), true
		if n > math.MaxUint16 {
			r.Qualifiers = uint16(n >> 16)
		}
	case toQualifiers:
		r.Qualifiers = uint16(n)
	case toVersion:
		r.Version = uint8(n)
	case toLevel:
		r.Level = uint8(n)
	case toTask:
		r.Task = uint16(n)
	case toOpcode:
		r.Opcode = uint16(n)
	case toKeywords:
		r.Keywords = n
	case toRecordID:
		r.RecordID = n
	case toPID:
		r.PID = uint32(n)
	case toTID:
		r.TID = uint32(n)
	default:
	}
}

// text fills in a part of System from its text: s, or raw where that is not nil.
func (b *builder) text(to target, s string, raw []byte) {
	r := &b.rec
	var at *string
	switch to {
	case toProvider:
		at = &r.Provider
	case toEventSource:
		if r.Provider != "" {
			return
		}
		at = &r.Provider
	case toProviderGUID:
		at = &r.ProviderGUID
	case toActivity:
		at = &r.ActivityID
	case toChannel:
		at = &r.Channel
	case toComputer:
		at = &r.Computer
	case toUser:
		at = &r.UserSID
	default:
		if raw != nil {
			s = string(raw)
		}
		if to == toTime {
			if t, ok := ParseTime(s); ok {
				r.TimeNS = t
				return
			}
		} else if n, ok := ParseNumber(s); ok {
			b.number(to, n)
			return
		}
		if to == toEventID && s != "" {
			b.badID = clean([]byte(s))
		}
		b.words(to, s)
		return
	}
	if raw != nil {
		s = b.names.of(raw)
	}
	if to == toProviderGUID {
		s = b.guid(s)
	}
	*at = s
}

// ParseNumber reads a number, see [typed.ParseNumber].
func ParseNumber(s string) (uint64, bool) { return typed.ParseNumber(s) }

// words fills in a part of System that a form tells in words, or a time in seconds.
func (b *builder) words(to target, s string) {
	switch to {
	case toLevel:
		if n, ok := labels.Level(s); ok {
			b.rec.Level = n
		}
	case toKeywords:
		if n, ok := labels.Keywords(s); ok {
			b.rec.Keywords = n
		}
	case toTime:
		if b.rec.TimeNS = moment.Epoch(s); b.rec.TimeNS != 0 {
			return
		}
		if t, ok := moment.Shown(s); ok {
			b.rec.TimeNS, b.local = t, true
		}
	default:
	}
}
