package snapshot_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

const issuer = "https://rolecall.example"

var (
	signer = snapshot.Signer{ID: "k1", Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))}
	keys   = snapshot.KeySet{"k1": signer.Key.Public().(ed25519.PublicKey)}
	acme   = snapshot.ID{0: 0xa0}
)

// user returns an id that looks like a UUIDv7: ids made at the same time begin alike.
func user(n int) (id snapshot.ID) {
	copy(id[:], "\x01\x90\x00\x00\x00\x00\x70")
	sum := sha256.Sum256(binary.LittleEndian.AppendUint32(nil, uint32(n)))
	binary.BigEndian.PutUint32(id[2:], uint32(n))
	copy(id[8:], sum[:8])
	return id
}

// variety is how many sets of roles a large organization has at most.
const variety = 10_000

// sample returns a document of an organization with this many members, each with some of this many roles.
func sample(t testing.TB, members, roles int, more ...snapshot.Section) []byte {
	t.Helper()
	list := []snapshot.Role{{Name: "organization-member", Organization: &snapshot.Grants{Allow: snapshot.Bits{1}}}}
	for i := range roles {
		bits := make(snapshot.Bits, 1+i%128/8)
		bits[i%128/8] |= 1 << (i % 8)
		list = append(list, snapshot.Role{Name: fmt.Sprintf("role-%d", i), Organization: &snapshot.Grants{Allow: bits}})
	}
	b := snapshot.NewBuilder(members)
	for i := range members {
		var held []uint16
		kind := i % variety
		for j := range kind % 3 {
			held = append(held, uint16(1+(kind*7+j*13*(kind/roles+1))%roles))
		}
		b.Add(user(i), b.Set(held))
	}
	return document(t, snapshot.Header{Kind: snapshot.KindOrganization, Organization: snapshot.FormatID(acme), Revision: 5}, list, b, signer, more...)
}

func document(t testing.TB, h snapshot.Header, roles []snapshot.Role, b *snapshot.Builder, by snapshot.Signer, more ...snapshot.Section) []byte {
	t.Helper()
	h.Issuer = issuer
	section, err := snapshot.RolesSection(roles)
	if err != nil {
		t.Fatal(err)
	}
	sections := []snapshot.Section{section}
	if b != nil {
		list, err := b.Sections()
		if err != nil {
			t.Fatal(err)
		}
		sections = append(sections, list...)
	}
	var out bytes.Buffer
	if err := snapshot.Write(&out, h, append(sections, more...), by); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func section(name string, critical bool, data string) snapshot.Section {
	return snapshot.Section{Name: name, Critical: critical, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, data)
		return err
	}}
}

// site returns the document of a site with the default catalog, where no one holds anything.
func site(t testing.TB) []byte {
	t.Helper()
	b := snapshot.NewBuilder(0)
	return document(t, snapshot.Header{Kind: snapshot.KindSite, Revision: 3, SiteRevision: 3}, []snapshot.Role{{Name: "member"}}, b, signer,
		snapshot.CatalogSection(rbac.Default().Document().Bytes()))
}

func TestDocumentComesBack(t *testing.T) {
	t.Parallel()
	data := sample(t, 500, 40)
	d, err := snapshot.Read(bytes.NewReader(data), keys)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Roles) != 41 || d.Header.Revision != 5 || d.Header.Key != "k1" {
		t.Errorf("read %d roles, %+v", len(d.Roles), d.Header)
	}
	n := 0
	for id, held := range d.Members() {
		if id != user(n) || len(held) > n%3 {
			t.Fatalf("member %d: %x %v", n, id, held)
		}
		n++
	}
	if n != 500 {
		t.Errorf("%d members", n)
	}
}

func TestDocumentIsSmall(t *testing.T) {
	t.Parallel()
	if n := len(sample(t, 100, 10)); n > 6000 {
		t.Errorf("100 members take %d bytes", n)
	}
	data := sample(t, 100_000, 1000)
	t.Logf("100 members: %d bytes; 100,000: %d", len(sample(t, 100, 10)), len(data))
	if n, most := len(data), 100_000*41/2+1000*100; n > most+10*variety {
		t.Errorf("100,000 members take %d bytes", n)
	}
}

// A document that was changed in any way on its way is refused.
func TestDamagedDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{sample(t, 9, 3), sample(t, 2, 1, section("later", false, "abc"))} {
		for i := range data {
			if _, err := snapshot.Read(bytes.NewReader(data[:i]), keys); err == nil {
				t.Fatalf("cut at %d of %d and taken", i, len(data))
			}
			for bit := range 8 {
				flipped := bytes.Clone(data)
				flipped[i] ^= 1 << bit
				if _, err := snapshot.Read(bytes.NewReader(flipped), keys); err == nil {
					t.Fatalf("bit %d of byte %d flipped and taken", bit, i)
				}
			}
		}
		if _, err := snapshot.Read(bytes.NewReader(append(bytes.Clone(data), 0)), keys); !errors.Is(err, snapshot.ErrFormat) {
			t.Errorf("one byte more: %v", err)
		}
	}
}

func TestForeignDocumentIsRefused(t *testing.T) {
	t.Parallel()
	other := snapshot.Signer{ID: "k1", Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))}
	unknown := snapshot.Signer{ID: "k2", Key: signer.Key}
	h := snapshot.Header{Kind: snapshot.KindOrganization, Organization: snapshot.FormatID(acme)}
	roles := []snapshot.Role{{Name: "organization-member"}}
	read := func(data []byte) error {
		_, err := snapshot.Read(bytes.NewReader(data), keys)
		return err
	}
	if err := read(document(t, h, roles, nil, other)); !errors.Is(err, snapshot.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	var missing *snapshot.UnknownKeyError
	if err := read(document(t, h, roles, nil, unknown)); !errors.As(err, &missing) || missing.Key != "k2" {
		t.Errorf("an unknown key: %v", err)
	}
	if err := read(document(t, h, roles, nil, signer, section("later", true, "soon"))); !errors.Is(err, snapshot.ErrCritical) {
		t.Errorf("an unknown critical section: %v", err)
	}
	if err := read(document(t, h, roles, nil, signer, section("words", false, "hello"))); err != nil {
		t.Errorf("an unknown section: %v", err)
	}
}

// A document that the right key signed is checked just as carefully.
func TestUnsoundDocumentIsRefused(t *testing.T) {
	t.Parallel()
	org := snapshot.Header{Kind: snapshot.KindOrganization, Organization: snapshot.FormatID(acme)}
	roles := []snapshot.Role{{Name: "organization-member"}, {Name: "clerk"}}
	id := strings.Repeat("\x01", 16)
	for _, tt := range []struct {
		name  string
		h     snapshot.Header
		roles []snapshot.Role
		more  []snapshot.Section
	}{
		{"no organization", snapshot.Header{Kind: snapshot.KindOrganization}, roles, nil},
		{"an organization of the site", snapshot.Header{Kind: snapshot.KindSite, Organization: org.Organization}, roles, nil},
		{"no kind", snapshot.Header{Organization: org.Organization}, roles, nil},
		{"a site without members", snapshot.Header{Kind: snapshot.KindSite}, roles, nil},
		{"no roles", org, nil, nil},
		{"a role twice", org, []snapshot.Role{{Name: "a"}, {Name: "a"}}, nil},
		{"endless bits", org, []snapshot.Role{{Name: "a", Site: &snapshot.Grants{Allow: make(snapshot.Bits, 5000)}}}, nil},
		{"roles twice", org, roles, []snapshot.Section{section("roles", true, "[]")}},
		{"members without sets", org, roles, []snapshot.Section{section("members", true, "")}},
		{"short sets", org, roles, []snapshot.Section{section("sets", true, "\xff\xff\xff\xff"), section("members", true, "")}},
		{"many sets", org, roles, []snapshot.Section{section("sets", true, "\xff\xff\xff\x7f\x00\x00\x00\x00"), section("members", true, "")}},
		{"sets that go back", org, roles, []snapshot.Section{section("sets", true, "\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00"), section("members", true, "")}},
		{"a role that is none", org, roles, []snapshot.Section{section("sets", true, "\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00"), section("members", true, "")}},
		{"a set that is none", org, roles, []snapshot.Section{section("sets", true, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), section("members", true, id+"\x01\x00\x00\x00")}},
		{"the last set", org, roles, []snapshot.Section{section("sets", true, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), section("members", true, id+"\xff\xff\xff\xff")}},
		{"a member twice", org, roles, []snapshot.Section{section("sets", true, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), section("members", true, id+id+strings.Repeat("\x00", 8))}},
		{"half a member", org, roles, []snapshot.Section{section("sets", true, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), section("members", true, id)}},
		{"an alias of nobody", org, roles, []snapshot.Section{section("sets", true, "\x00\x00\x00\x00\x00\x00\x00\x00"), section("members", true, ""), section("aliases", true, id+"\x00\x00\x00\x00")}},
	} {
		data := document(t, tt.h, tt.roles, nil, signer, tt.more...)
		if _, err := snapshot.Read(bytes.NewReader(data), keys); !errors.Is(err, snapshot.ErrFormat) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f, 3, 2))
	f.Add([]byte("RCS1\x08\x00\x00\x00{}      "))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := snapshot.Read(bytes.NewReader(data), keys)
		if err != nil {
			return
		}
		if s := snapshot.NewState(d.Header.Issuer, time.Now); s.Load(d) == nil {
			s.Allowed(user(1), acme, 1, true)
		}
	})
}

// Keys that are not Ed25519 do not count, whatever they are called.
func TestOnlyEd25519Counts(t *testing.T) {
	t.Parallel()
	good := snapshot.JWKOf("k1", keys["k1"])
	bad := []snapshot.JWK{good, good, good, good, good}
	bad[0].KeyType, bad[1].Curve, bad[2].Algorithm, bad[3].X, bad[4].Use = "RSA", "X25519", "none", "AAAA", "enc"
	if n := len((snapshot.JWKS{Keys: bad}).Set()); n != 0 {
		t.Errorf("%d keys are taken", n)
	}
	set := snapshot.JWKS{Keys: []snapshot.JWK{good}}.Set()
	if k, ok := set.Key("k1"); !ok || !slices.Equal(k, keys["k1"]) {
		t.Error("the good one is not")
	}
}
