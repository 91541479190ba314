package form

import (
	"bytes"
	"errors"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/xmlscan"
)

// xmlScanner reads one document of event XML.
type xmlScanner struct {
	xmlscan.Scanner
	scratch []byte
}

// event reads one <Event> into the builder.
func (s *xmlScanner) event(b *builder) error {
	tok, _, err := s.Next()
	if err != nil {
		return err
	}
	switch tok {
	case xmlscan.Empty:
		return nil
	case xmlscan.Start:
	default:
		return xmlscan.ErrTag
	}
	return s.children(b, inEvent)
}

// children reads what an element holds, as far as its end.
func (s *xmlScanner) children(b *builder, at place) error {
	for {
		tok, name, err := s.Next()
		if err != nil {
			return err
		}
		switch tok {
		case xmlscan.End:
			return nil
		case xmlscan.Start, xmlscan.Empty:
			if err := s.element(b, at, name, tok == xmlscan.Empty); err != nil {
				return err
			}
		default:
		}
	}
}

// fragment reads the elements of EventData or UserData, with or without the element around them. It reports whether they are whole.
func (s *xmlScanner) fragment(b *builder) bool {
	for s.Final = true; ; {
		tok, name, err := s.Next()
		switch {
		case errors.Is(err, xmlscan.ErrShort):
			return s.P >= len(s.B) && len(s.Names) == 0
		case err != nil:
			return false
		case tok != xmlscan.Start && tok != xmlscan.Empty:
		case string(name) != "EventData" && string(name) != "UserData" && string(name) != "DataItem":
			err = s.dataElement(b, name, tok == xmlscan.Empty)
		case tok == xmlscan.Start:
			err = s.children(b, inData)
		}
		if err != nil {
			return false
		}
	}
}

// element reads one element of an event whose start tag was just read.
func (s *xmlScanner) element(b *builder, at place, name []byte, empty bool) error {
	switch at {
	case inSystem:
		return s.systemElement(b, string(b.names.of(name)), empty)
	case inData:
		return s.dataElement(b, name, empty)
	default:
		inside := within(at, string(name))
		if empty {
			return nil
		}
		return s.children(b, inside)
	}
}

func (s *xmlScanner) systemElement(b *builder, name string, empty bool) error {
	for _, a := range s.Attrs {
		if to := systemAttribute(name, b.names.of(a.Name)); to != toNothing {
			s.scratch = typed.AppendEntities(s.scratch[:0], a.Value)
			b.text(to, "", s.scratch)
		}
	}
	if empty {
		return nil
	}
	s.scratch = s.scratch[:0]
	to := systemText(name)
	for {
		tok, data, err := s.Next()
		if err != nil {
			return err
		}
		switch tok {
		case xmlscan.Text:
			s.scratch = typed.AppendEntities(s.scratch, data)
		case xmlscan.CDATA:
			s.scratch = typed.AppendClean(s.scratch, data)
		case xmlscan.End:
			if to != toNothing {
				b.text(to, "", bytes.TrimSpace(s.scratch))
			}
			return nil
		case xmlscan.Start:
			if err := s.children(b, inIgnored); err != nil {
				return err
			}
		case xmlscan.Empty:
		}
	}
}

// dataElement reads an element of EventData or UserData: a value, or a parent of values.
func (s *xmlScanner) dataElement(b *builder, name []byte, empty bool) error {
	var field string
	if string(name) != "Data" {
		field = b.names.of(name)
	}
	element := field
	if element == "" {
		element = "Data"
	}
	for _, a := range s.Attrs {
		attr := b.names.of(a.Name)
		switch {
		case namesField(element, attr):
			s.scratch = typed.AppendEntities(s.scratch[:0], a.Value)
			field = b.names.of(s.scratch)
		case isField(element, attr):
			from := len(b.buf)
			b.buf = typed.AppendEntities(b.buf, a.Value)
			b.field(attr, from)
		}
	}
	from := len(b.buf)
	parent := false
	var failed error
	for !empty {
		tok, data, err := s.Next()
		if err != nil {
			failed = err
			break
		}
		if tok == xmlscan.End {
			break
		}
		switch tok {
		case xmlscan.Text:
			if !parent {
				b.buf = typed.AppendEntities(b.buf, data)
			}
		case xmlscan.CDATA:
			if !parent {
				b.buf = typed.AppendClean(b.buf, data)
			}
		case xmlscan.Start, xmlscan.Empty:
			if !parent {
				parent = true
				b.buf = b.buf[:from]
			}
			if err := s.dataElement(b, data, tok == xmlscan.Empty); err != nil {
				return err
			}
		default:
		}
		if len(b.buf) > maxText {
			b.over = true
			b.buf = b.buf[:from]
		}
		if failed != nil {
			break
		}
	}
	switch {
	case parent, failed != nil && len(b.buf) == from:
	case element == "Binary":
		b.binary = span{int32(from), int32(len(b.buf))}
	default:
		b.field(field, from)
	}
	return failed
}
