package sqlhost

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"

	"github.com/apiwatch/apiwatch/tables"
)

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
