// Package otlp makes plain JSON of the values of OpenTelemetry's protocol, in which objects are lists of keys and values.
package otlp

import "github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"

// Append appends a value, {"kvlistValue":…} or another, as plain JSON.
func Append(dst []byte, s *jsonscan.Scanner, value int) []byte {
	at := value + 1
	if s.Nodes[value].Kind != jsonscan.Object || at >= int(s.Nodes[value].End) {
		return append(dst, "null"...)
	}
	n := &s.Nodes[at]
	switch string(n.Key) {
	case "kvlistValue":
		dst = append(dst, '{')
		if values := s.Member(at, "values"); values > 0 {
			s.Each(values, func(i int, _ *jsonscan.Node) {
				key, v := s.Member(i, "key"), s.Member(i, "value")
				if key < 0 || v < 0 {
					return
				}
				if dst[len(dst)-1] != '{' {
					dst = append(dst, ',')
				}
				dst = append(append(append(dst, '"'), s.Nodes[key].Text...), '"', ':')
				dst = Append(dst, s, v)
			})
		}
		return append(dst, '}')
	case "arrayValue":
		dst = append(dst, '[')
		if values := s.Member(at, "values"); values > 0 {
			s.Each(values, func(i int, _ *jsonscan.Node) {
				if dst[len(dst)-1] != '[' {
					dst = append(dst, ',')
				}
				dst = Append(dst, s, i)
			})
		}
		return append(dst, ']')
	}
	if n.Kind == jsonscan.Text {
		return append(append(append(dst, '"'), n.Text...), '"')
	}
	if len(n.Text) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, n.Text...)
}
