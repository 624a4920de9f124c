package org

import (
	"net/netip"
)

// Network returns the network that limits count an IP address as, "" for text that is no address: the address itself, or
// for IPv6 the /64 that it is in, since a host that has one address of it has all.
func Network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		addr = netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	return addr.String()
}
