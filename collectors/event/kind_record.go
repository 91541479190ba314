package event

import (
	"github.com/apiwatch/apiwatch/collectors/event/wire"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// KindRecord is a record of a log that no other kind describes.
const KindRecord Kind = 20

var recordKind = Descriptor{
	Kind: KindRecord, Name: "record", Share: Shares{Linux: 1, Windows: 5},
	Details: []DetailType{typeOf[Record]()},
}

// Record is the detail of KindRecord and of calls that a log tells of in words of its own.
type Record struct {
	Channel, Computer string
	UserSID, Message  string
	RecordID          uint64
	EventID           uint32
	Qualifiers        uint16
	Level             uint8
	Fields            []RecordField
}

func (*Record) number() uint8 { return 23 }

func (d *Record) code(c *wire.Coder) {
	c.Text(&d.Channel)
	c.Text(&d.Computer)
	c.Text(&d.UserSID)
	c.Text(&d.Message)
	c.Uint(&d.RecordID)
	c.Uint32(&d.EventID)
	c.Uint16(&d.Qualifiers)
	c.Uint8(&d.Level)
	codeFields(c, &d.Fields)
}

func (d *Record) arguments() []Argument {
	out := make([]Argument, 0, len(d.Fields))
	for _, f := range d.Fields {
		out = append(out, Argument{f.Name, windows.MessageText(f.Value)})
	}
	return out
}

func (d *Record) size() int {
	n := 120 + len(d.Message)
	for i := range d.Fields {
		n += 32 + len(d.Fields[i].Name) + len(d.Fields[i].Value)
	}
	return n
}

// RecordField is one field of a record.
type RecordField struct{ Name, Value string }

func codeFields(c *wire.Coder, all *[]RecordField) {
	n := c.Count(len(*all), 2)
	if c.Reading() {
		*all = make([]RecordField, n)
	}
	for i := range *all {
		c.Text(&(*all)[i].Name)
		c.Text(&(*all)[i].Value)
	}
}
