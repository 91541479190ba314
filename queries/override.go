package queries

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/apiwatch/apiwatch/queries/regex"
)

// types are the types of tuning elements, see [Element].
var types = []string{"text", "like", "regex", "seconds", "count", "cidr", "window"}

// Bounds of tuning values.
const (
	maxSeconds = 365 * 86400
	maxWindow  = 30 * 86400
	maxCount   = 1_000_000_000
	maxText    = 4096 // bytes
	maxValues  = 1000 // in one list
)

// check tells what is wrong with a value of the element.
func (e Element) check(value string) error {
	switch e.Type {
	case "seconds":
		return checkNumber(value, 0, maxSeconds)
	case "window":
		return checkNumber(value, 1, maxWindow)
	case "count":
		return checkNumber(value, 0, maxCount)
	case "cidr":
		p, err := netip.ParsePrefix(value)
		if err != nil {
			return fmt.Errorf("%q is no address block such as 10.0.0.0/8", value)
		}
		if p != p.Masked() {
			return fmt.Errorf("%q has bits set beyond its length; did you mean %s", value, p.Masked())
		}
		return nil
	}
	switch {
	case value == "":
		return errors.New("value is empty; it would match a path that is not known")
	case len(value) > maxText:
		return fmt.Errorf("value is longer than %d bytes", maxText)
	case strings.IndexByte(value, 0) >= 0:
		return fmt.Errorf("value %q has a NUL, at which SQL would end it", value)
	case e.Type == "like":
		return checkPattern(value)
	case e.Type == "regex":
		if _, err := regex.Compile(value); err != nil {
			return fmt.Errorf("%q is no regular expression: %w", value, err)
		}
	}
	return nil
}

func checkNumber(value string, low, high int64) error {
	if n, ok := number(value); !ok || n < low || n > high {
		return fmt.Errorf("%q is no whole number from %d to %d", value, low, high)
	}
	return nil
}

// checkPattern holds a pattern against LIKE … ESCAPE '\': a backslash must stand before %, _ or another backslash.
func checkPattern(pattern string) error {
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' {
			continue
		}
		if i++; i == len(pattern) || strings.IndexByte(`%_\`, pattern[i]) < 0 {
			return fmt.Errorf(`pattern %q has a \ that is not before %%, _ or \; write \\ for the character itself`, pattern)
		}
	}
	return nil
}

type elementOf struct{ analytic, element string }

// override is what an override file says: the values of the elements it names.
type override map[elementOf][]string

// parseOverride reads an override file; file is its name in errors. It works on the tree of the document and expands
// nothing, so the result is no larger than the source.
func parseOverride(file string, source []byte, ds []Detection) (override, error) {
	if len(source) > maxOverride {
		return nil, fmt.Errorf("%s:1: longer than %d bytes", file, maxOverride)
	}
	r := &overrideReader{reader{file: file}}
	out := override{}
	root := r.document(source)
	if root == nil {
		return out, errors.Join(r.errs...)
	}
	r.mapping(root, "analytics", func(name, value *yaml.Node) {
		i := slices.IndexFunc(ds, func(d Detection) bool { return d.ID == name.Value })
		if i < 0 {
			r.fail(name, "unknown analytic %q", name.Value)
			return
		}
		r.analytic(&ds[i], value, out)
	})
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return out, nil
}

// overrideReader reads what an override file says of each analytic.
type overrideReader struct{ reader }

func (r *overrideReader) analytic(d *Detection, n *yaml.Node, out override) {
	r.mapping(n, "elements of "+d.ID, func(name, value *yaml.Node) {
		element, appends := strings.CutPrefix(name.Value, "+")
		e, ok := d.Element(element)
		if !ok {
			r.fail(name, "%s has no element %q; it has %s", d.ID, element, elementNames(d))
			return
		}
		if appends && !e.List() {
			r.fail(name, "%s of %s is one value, nothing can be added to it", element, d.ID)
			return
		}
		var values []string
		if appends {
			values = slices.Clone(e.Default)
		}
		items := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode && e.List() {
			items = value.Content
		}
		for _, item := range items {
			v, err := scalar(item, e)
			if err == nil {
				err = e.check(v)
			}
			if err != nil {
				r.fail(item, "%s of %s: %v", element, d.ID, err)
				return
			}
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > maxValues {
			r.fail(value, "%s of %s has more than %d values", element, d.ID, maxValues)
			return
		}
		out[elementOf{d.ID, element}] = values
	})
}

// scalar gives a value as written if it has the element's YAML type.
func scalar(n *yaml.Node, e Element) (string, error) {
	if n.Kind != yaml.ScalarNode {
		if e.List() {
			return "", fmt.Errorf("want text or a list of texts, got %s", kindOf(n))
		}
		return "", fmt.Errorf("want one number, got %s", kindOf(n))
	}
	if e.List() {
		if n.Tag != "!!str" {
			return "", fmt.Errorf("want text, got %s; put it in quotes if it is meant as text", kindOf(n))
		}
		return n.Value, nil
	}
	if n.Tag != "!!int" {
		return "", fmt.Errorf("want a number, got %s", kindOf(n))
	}
	return n.Value, nil
}

func elementNames(d *Detection) string {
	if len(d.Tuning) == 0 {
		return "none"
	}
	names := make([]string, len(d.Tuning))
	for i, e := range d.Tuning {
		names[i] = e.Name
	}
	return strings.Join(names, ", ")
}
