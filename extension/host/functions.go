package host

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"net/netip"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apiwatch/apiwatch/tables"
)

// function is one of osquery's SQL functions that SQLite lacks or that osquery replaces. Its call gets as many values
// as args says, any number if that is -1.
type function struct {
	name string
	args int
	call func(args []Value) (Value, error)
}

// functions follow osquery's source (osquery/sql/sqlite_*.cpp) to the letter, where its result is odd, too. What reads
// files or waits is left out: carve, find_file_path_in_cmd, is_path_deterministic, sleep, and so is shellstatic, which
// belongs to osquery's own shell. So are osquery's collations of versions.
var functions = []function{
	{"md5", 1, text1(func(s string) Value { h := md5.Sum([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{"sha1", 1, text1(func(s string) Value { h := sha1.Sum([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{"sha256", 1, text1(func(s string) Value { h := sha256.Sum256([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{"community_id_v1", 5, lenient(communityID)},
	{"community_id_v1", 6, lenient(communityID)},
	{"community_id_v1_strict", 5, communityID},
	{"community_id_v1_strict", 6, communityID},

	{"to_base64", 1, text1(func(s string) Value { return textValue(base64.StdEncoding.EncodeToString([]byte(s))) })},
	{"from_base64", 1, text1(func(s string) Value { return textValue(fromBase64(s)) })},
	{"conditional_to_base64", 1, text1(conditionalToBase64)},

	{"split", 3, splitWith(splitTokens)},
	{"regex_split", 3, splitWith(splitRegex)},
	{"regex_match", 3, regexMatch},
	{"concat", -1, func(args []Value) (Value, error) { return concat("", args), nil }},
	{"concat_ws", -1, func(args []Value) (Value, error) {
		if len(args) == 0 {
			return Value{}, errors.New("missing separator")
		}
		return concat(cString(args[0]), args[1:]), nil
	}},
	{"version_compare", -1, versionCompareFunction},

	{"inet_aton", 1, text1(inetAton)},
	{"in_cidr_block", 2, inCIDRBlock},
	{"parent_directory", 1, parentDirectory},

	{"sqrt", 1, math1(math.Sqrt)},
	{"acos", 1, math1(math.Acos)},
	{"asin", 1, math1(math.Asin)},
	{"atan", 1, math1(math.Atan)},
	{"cos", 1, math1(math.Cos)},
	{"sin", 1, math1(math.Sin)},
	{"tan", 1, math1(math.Tan)},
	{"cot", 1, math1(func(x float64) float64 { return 1 / math.Tan(x) })},
	{"exp", 1, math1(math.Exp)},
	{"log", 1, math1(math.Log)}, // the natural one, where SQLite's own is to base 10
	{"log10", 1, math1(math.Log10)},
	{"power", 2, power},
	{"ceil", 1, whole(math.Ceil)},
	{"floor", 1, whole(math.Floor)},
	{"degrees", 1, math1(func(x float64) float64 { return 180 * x / math.Pi })},
	{"radians", 1, math1(func(x float64) float64 { return x * math.Pi / 180 })},
	{"pi", 0, func([]Value) (Value, error) { return floatValue(math.Pi), nil }},
}

// cString is the value as C reads it: a text ends at its first NUL.
func cString(v Value) string {
	s := v.Text // SQLite's own text for a float
	if v.Kind == tables.IntValue {
		s = v.String()
	}
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// text1 is a function of one text; NULL gives NULL.
func text1(f func(string) Value) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if isNullValue(args...) {
			return Value{}, nil
		}
		return f(cString(args[0])), nil
	}
}

// lenient makes an error NULL.
func lenient(f func([]Value) (Value, error)) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if v, err := f(args); err == nil {
			return v, nil
		}
		return Value{}, nil
	}
}

func fromBase64(s string) string {
	s = strings.TrimRight(strings.NewReplacer("\r", "", "\n", "").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}

func conditionalToBase64(s string) Value {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return textValue(base64.StdEncoding.EncodeToString([]byte(s)))
		}
	}
	return textValue(s)
}

// splitWith makes split(text, separator, index); an index out of range gives NULL.
func splitWith(f func(s, separator string) ([]string, error)) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if isNullValue(args...) {
			return Value{}, nil
		}
		separator := cString(args[1])
		if separator == "" {
			return Value{}, errors.New("the separator is empty")
		}
		parts, err := f(cString(args[0]), separator)
		if i := toInt(args[2]); err == nil && 0 <= i && i < int64(len(parts)) {
			return textValue(parts[i]), nil
		}
		return Value{}, err
	}
}

// splitTokens splits at each of the bytes of tokens, drops empty parts, and trims the others.
func splitTokens(s, tokens string) ([]string, error) {
	var parts []string
	for start, i := 0, 0; i <= len(s); i++ {
		if i < len(s) && strings.IndexByte(tokens, s[i]) < 0 {
			continue
		}
		if i > start {
			parts = append(parts, strings.Trim(s[start:i], " \t\n\v\f\r"))
		}
		start = i + 1
	}
	return parts, nil
}

// splitRegex splits as std::sregex_token_iterator does: an empty part at the end is none.
func splitRegex(s, pattern string) ([]string, error) {
	re, err := compileRegex(pattern)
	if err != nil {
		return nil, err
	}
	found := re.FindAllStringIndex(s, -1)
	if found == nil {
		return []string{s}, nil
	}
	var parts []string
	start := 0
	for _, f := range found {
		parts = append(parts, s[start:f[0]])
		start = f[1]
	}
	if start < len(s) {
		parts = append(parts, s[start:])
	}
	return parts, nil
}

func regexMatch(args []Value) (Value, error) {
	if isNullValue(args...) {
		return Value{}, nil
	}
	re, err := compileRegex(cString(args[1]))
	if err != nil {
		return Value{}, err
	}
	groups := re.FindStringSubmatch(cString(args[0]))
	if i := toInt(args[2]); 0 <= i && i < int64(len(groups)) {
		return textValue(groups[i]), nil
	}
	return Value{}, nil
}

// maxRegex is osquery's --regex_max_size in bytes.
const maxRegex = 256

var regexes = struct {
	sync.Mutex
	m map[string]*regexp.Regexp
}{m: make(map[string]*regexp.Regexp)}

// notECMAScript finds what Go's expressions have and std::regex, which is ECMAScript's, refuses.
var notECMAScript = regexp.MustCompile(`\(\?[^:]|\\[AzQEpPCa]`)

// compileRegex compiles a pattern that osquery would accept as well. Look-ahead and back-references, which only
// osquery has, are errors.
func compileRegex(pattern string) (*regexp.Regexp, error) {
	regexes.Lock()
	defer regexes.Unlock()
	if re := regexes.m[pattern]; re != nil {
		return re, nil
	}
	if len(pattern) > maxRegex {
		return nil, errors.New("the expression is longer than 256 bytes")
	}
	if s := notECMAScript.FindString(strings.ReplaceAll(pattern, `\\`, "")); s != "" {
		return nil, errors.New("the expression uses " + s + ", which osquery and this host do not share")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if len(regexes.m) >= 1024 { // patterns made of data
		clear(regexes.m)
	}
	regexes.m[pattern] = re
	return re, nil
}

// concat joins what is not NULL. As in osquery, a separator follows every part but the last argument.
func concat(separator string, args []Value) Value {
	if len(args) == 0 {
		return Value{}
	}
	var b strings.Builder
	for i, a := range args {
		if a.Kind == tables.Null {
			continue
		}
		b.WriteString(cString(a))
		if i+1 < len(args) {
			b.WriteString(separator)
		}
	}
	return textValue(b.String())
}

func inetAton(s string) Value {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return Value{}
	}
	b := a.As4()
	return integerValue(int64(binary.BigEndian.Uint32(b[:])))
}

// inCIDRBlock tells whether an address is a host of a block: of an IPv4 block neither its first nor its last.
func inCIDRBlock(args []Value) (Value, error) {
	if args[0].Kind != tables.TextValue || args[1].Kind != tables.TextValue {
		return Value{}, errors.New("block and address must be texts")
	}
	a, err := netip.ParseAddr(cString(args[1]))
	if err != nil {
		return Value{}, errors.New("the address cannot be parsed")
	}
	p, err := netip.ParsePrefix(cString(args[0]))
	if err != nil || p.Addr().Is4() != a.Is4() {
		return Value{}, errors.New("the block cannot be parsed as one of the address's family")
	}
	if !p.Contains(a) {
		return boolValue(false), nil
	}
	if !a.Is4() || p.Bits() == 32 {
		return boolValue(true), nil
	}
	b := a.As4()
	n, hosts := binary.BigEndian.Uint32(b[:]), uint32(1)<<(32-p.Bits())-1
	return boolValue(n&hosts != 0 && n&hosts != hosts), nil
}

// communityID follows https://github.com/corelight/community-id-spec.
func communityID(args []Value) (Value, error) {
	var seed int64
	if len(args) == 6 {
		seed = args[5].Int
		if args[5].Kind != tables.IntValue || seed < math.MinInt16 || seed > math.MaxInt16 {
			return Value{}, errors.New("the seed must be an integer of 2 bytes")
		}
	}
	if args[0].Kind != tables.TextValue || args[1].Kind != tables.TextValue {
		return Value{}, errors.New("addresses must be texts")
	}
	from, err1 := netip.ParseAddr(cString(args[0]))
	to, err2 := netip.ParseAddr(cString(args[1]))
	if err1 != nil || err2 != nil {
		return Value{}, errors.New("an address cannot be parsed")
	}
	for i, limit := range []int64{math.MaxUint16, math.MaxUint16, math.MaxUint8} {
		if v := args[2+i]; v.Kind != tables.IntValue || v.Int < 0 || v.Int > limit {
			return Value{}, errors.New("ports must be integers of 2 bytes, the protocol of 1 byte")
		}
	}
	fromPort, toPort, protocol := args[2].Int, args[3].Int, args[4].Int
	if c := from.Compare(to); c > 0 || c == 0 && fromPort >= toPort {
		from, to, fromPort, toPort = to, from, toPort, fromPort
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(seed))
	b = append(b, from.AsSlice()...)
	b = append(b, to.AsSlice()...)
	b = append(b, byte(protocol), 0)
	b = binary.BigEndian.AppendUint16(b, uint16(fromPort))
	b = binary.BigEndian.AppendUint16(b, uint16(toPort))
	h := sha1.Sum(b)
	return textValue("1:" + base64.StdEncoding.EncodeToString(h[:])), nil
}

func parentDirectory(args []Value) (Value, error) {
	if args[0].Kind != tables.TextValue {
		return Value{}, errors.New("the path must be a text")
	}
	separator := byte('/')
	if runtime.GOOS == "windows" {
		separator = '\\'
	}
	path := cString(args[0])
	i := strings.LastIndexByte(path, separator)
	if i < 0 {
		return Value{}, nil
	}
	return textValue(path[:i]), nil
}

func versionCompareFunction(args []Value) (Value, error) {
	if len(args) < 3 || slices.ContainsFunc(args[:3], func(v Value) bool { return v.Kind != tables.TextValue }) {
		return Value{}, errors.New("two versions and an operator between them are needed, as texts")
	}
	op := cString(args[1])
	if !slices.Contains([]string{"<", "<=", "=", ">=", ">"}, op) {
		return Value{}, errors.New("the operator must be one of <, <=, =, >= and >")
	}
	var o [4]bool // epoch, delimiter precedence, compare remaining, remainder precedence
	for i := 3; i < min(len(args), 7); i++ {
		if args[i].Kind != tables.IntValue && args[i].Kind != tables.Null {
			return Value{}, errors.New("options must be true, false or NULL")
		}
		o[i-3] = args[i].Int != 0
	}
	switch c := compareVersions(cString(args[0]), cString(args[2]), o[0], o[1], o[2], o[3]); {
	case c < 0:
		return boolValue(op[0] == '<'), nil
	case c > 0:
		return boolValue(op[0] == '>'), nil
	}
	return boolValue(op[0] == '=' || len(op) == 2), nil
}

// delimiters of versions, by precedence.
const delimiters = "~-^.:"

func compareVersions(l, r string, epoch, precedence, remaining, remainderPrecedence bool) int {
	if l == "" || r == "" || l == r {
		return strings.Compare(l, r)
	}
	if epoch {
		switch le, re := strings.IndexByte(l, ':'), strings.IndexByte(r, ':'); {
		case le >= 0 && re >= 0 && le != re:
			return le - re
		case le >= 0 && re < 0:
			return 1
		case le < 0 && re >= 0:
			return -1
		}
	}
	first, n := 0, min(len(l), len(r))
	for i := range n {
		ld, rd := strings.IndexByte(delimiters, l[i])+1, strings.IndexByte(delimiters, r[i])+1
		switch {
		case ld == 0 && rd == 0:
			if first == 0 {
				first = int(int8(l[i])) - int(int8(r[i]))
			}
		case ld == 0:
			return 1
		case rd == 0:
			return -1
		case first != 0:
			return first
		case precedence && ld != rd:
			return ld - rd
		}
	}
	if len(l) == len(r) {
		return first
	}
	if remaining {
		longer, shorter, sign := r, l, 1
		if len(l) > n {
			longer, shorter, sign = l, r, -1
		}
		switch longer[n] {
		case '~':
			return sign
		case '-':
			return 0
		case '^':
			return -sign
		}
		if last := shorter[n-1]; first != 0 && (!remainderPrecedence || last < '0' || last > '9') {
			return first
		}
	}
	return len(l) - len(r)
}

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
