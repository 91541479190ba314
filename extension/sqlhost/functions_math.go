package sqlhost

import (
	"errors"
	"math"
	"regexp"
	"strconv"

	"github.com/apiwatch/apiwatch/tables"
)

// toDouble reads a value as SQLite does: a text counts as far as it looks like a number.
func toDouble(v Value) float64 {
	switch v.Kind {
	case tables.IntValue:
		return float64(v.Int)
	case tables.FloatValue:
		return v.Float
	case tables.TextValue:
		return numberIn(v.Text)
	case tables.Null:
	}
	return 0
}

func toInt(v Value) int64 {
	if v.Kind == tables.IntValue {
		return int64(int32(v.Int))
	}
	return int64(int32(int64(toDouble(v))))
}

var numberPrefix = regexp.MustCompile(`^[ \t\n\v\f\r]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)`)

func numberIn(s string) float64 {
	m := numberPrefix.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(m[1], 64) // what is out of range is infinite
	return n
}

var (
	errDomain = errors.New("Numerical argument out of domain") //nolint:staticcheck // the C library's words, as osquery gives them
	errRange  = errors.New("Numerical result out of range")    //nolint:staticcheck // likewise
)

// checked gives a result or the error that the C library would report for it.
func checked(y float64, args ...float64) (Value, error) {
	for _, x := range args {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return floatValue(y), nil
		}
	}
	if math.IsNaN(y) {
		return Value{}, errDomain
	}
	if math.IsInf(y, 0) {
		return Value{}, errRange
	}
	return floatValue(y), nil
}

func math1(f func(float64) float64) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if isNullValue(args...) {
			return Value{}, nil
		}
		x := toDouble(args[0])
		return checked(f(x), x)
	}
}

func power(args []Value) (Value, error) {
	if isNullValue(args...) {
		return Value{}, nil
	}
	x, y := toDouble(args[0]), toDouble(args[1])
	return checked(math.Pow(x, y), x, y)
}

// whole is ceil or floor: an integer in any case.
func whole(f func(float64) float64) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		switch v := args[0]; v.Kind {
		case tables.Null, tables.IntValue:
			return v, nil
		default:
			return integerValue(int64(f(toDouble(v)))), nil
		}
	}
}
