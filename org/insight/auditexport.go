package insight

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// The versions of the file format. The second added bases, the third tokens.
const (
	exportFirst = 1
	exportBases = 2
	exportNow   = 3
)

// maxExportLine bounds a line of a file. Values of entries have no limit of their own; the requests they come from do.
const maxExportLine = 16 << 20

// ExportAudit writes the entries older than a time to a file, chain by chain, each from its beginning or from where it was cut,
// with the hashes that prove them. It is for the operator, so it checks no permission.
func (s *Service) ExportAudit(ctx context.Context, before time.Time, out io.Writer) (e org.AuditExport, err error) {
	defer org.Wrap(&err, "export audit trail")
	err = s.units.DB.View(ctx, func(q db.Reads) error {
		w := exporter{ctx: ctx, q: q, lines: json.NewEncoder(out), before: before.UTC()}
		w.proof.Before = w.before
		err := w.run()
		e = w.proof.AuditExport
		return err
	})
	return e, err
}

// exporter writes one file. It reads the trail in chunks within one snapshot, so neither the length of the trail nor
// entries added meanwhile matter to it.
type exporter struct {
	ctx    context.Context //nolint:containedctx // one export, begun and ended in one call
	q      db.Reads
	lines  *json.Encoder
	before time.Time
	bases  auditBases
	proof  exportProof
}

// run writes the head, the entries and the end. First come the entries from before there were chains, with one hash over
// all seals; then the chain of the site, and that of each organization.
func (w *exporter) run() error {
	seal, err := w.q.GetAuditSeal(w.ctx)
	if err != nil {
		return err
	}
	if w.bases, err = readBases(w.ctx, w.q); err != nil {
		return err
	}
	w.proof.begin(seal.Hash)
	if err := w.lines.Encode(org.AuditLine{Line: "head", Format: exportNow, Before: w.before, Seal: seal.Hash}); err != nil {
		return err
	}
	if !w.bases.sealGone(seal.Seq) {
		if err := w.pieces(nil, func(after int64) ([]db.AuditLog, error) {
			return w.q.ListSealedTrail(w.ctx, db.ListSealedTrailParams{AfterSeq: after, MaxRows: unit.ChunkSize})
		}, func(r db.AuditLog) int64 { return r.Seq }); err != nil {
			return err
		}
	}
	if err := w.chain(uuid.Nil); err != nil { // the site's chain comes first; no list of organizations has it
		return err
	}
	for after := uuid.Nil; ; {
		heads, err := w.q.ListRevisions(w.ctx, db.ListRevisionsParams{AfterID: after, MaxRows: unit.ChunkSize})
		if err != nil {
			return err
		}
		for _, h := range heads {
			if after = h.OrganizationID; after != uuid.Nil {
				if err := w.chain(after); err != nil {
					return err
				}
			}
		}
		if len(heads) < unit.ChunkSize {
			break
		}
	}
	return w.lines.Encode(org.AuditLine{Line: "end", Entries: w.proof.Entries, Root: w.proof.root()})
}

// chain writes one chain.
func (w *exporter) chain(of uuid.UUID) error {
	var base *org.AuditLine
	if b, ok := w.bases.of[of]; ok {
		base = &org.AuditLine{Line: "base", Chain: of, ChainSeq: b.ChainSeq, Hash: b.Hash}
	}
	return w.pieces(base, func(after int64) ([]db.AuditLog, error) {
		return w.q.ListAuditChain(w.ctx, db.ListAuditChainParams{Chain: of, AfterSeq: after, MaxRows: unit.ChunkSize})
	}, func(r db.AuditLog) int64 { return r.ChainSeq })
}

// pieces writes what list returns, up to the first entry that is not older than the time. If there is anything to write,
// it first writes the base that the chain continues from.
func (w *exporter) pieces(base *org.AuditLine, list func(after int64) ([]db.AuditLog, error), place func(db.AuditLog) int64) error {
	after := int64(0)
	if base != nil {
		after = base.ChainSeq
	}
	for {
		rows, err := list(after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !r.Time.Before(w.before) {
				return nil
			}
			if base != nil {
				if err := w.put(base, w.proof.goOn(base)); err != nil {
					return err
				}
				base = nil
			}
			line := lineOf(r)
			if err := w.put(&line, w.proof.take(&line)); err != nil {
				return err
			}
			after = place(r)
		}
		if len(rows) < unit.ChunkSize {
			return nil
		}
	}
}

// put writes a line unless there is a problem with it: it never writes a line that the check of the file would reject.
func (w *exporter) put(line *org.AuditLine, problem string) error {
	if problem != "" {
		return fmt.Errorf("the trail is broken: %s: see rolecall audit verify", problem)
	}
	return w.lines.Encode(line)
}

// lineOf returns an entry as a line of the file, with everything that its hash covers.
func lineOf(r db.AuditLog) org.AuditLine {
	return org.AuditLine{
		Line: "entry", Chain: r.Chain, ChainSeq: r.ChainSeq, Seq: r.Seq, ID: r.ID, Time: r.Time.UTC(), RequestID: r.RequestID, IP: r.IP,
		UserAgent: r.UserAgent, ActorID: r.ActorID.UUID, Actor: r.Actor, OrganizationID: r.OrganizationID.UUID, ResourceType: r.ResourceType,
		ResourceID: r.ResourceID, ResourceTarget: r.ResourceTarget, Action: r.Action, StatusCode: r.StatusCode, Changes: r.Changes, TokenID: r.TokenID, Hash: r.Hash,
	}
}

// rowOfLine returns an entry of a file as it was stored, the form that was hashed.
func rowOfLine(l *org.AuditLine) db.InsertAuditLogParams {
	return db.InsertAuditLogParams{
		ID: l.ID, Time: l.Time, RequestID: l.RequestID, IP: l.IP, UserAgent: l.UserAgent, ActorID: unit.NullID(l.ActorID), Actor: l.Actor,
		OrganizationID: unit.NullID(l.OrganizationID), ResourceType: l.ResourceType, ResourceID: l.ResourceID, ResourceTarget: l.ResourceTarget,
		Action: l.Action, StatusCode: l.StatusCode, Changes: l.Changes, TokenID: l.TokenID, Chain: l.Chain, ChainSeq: l.ChainSeq,
	}
}

// exportProof reads the entries of a file in order and compares each with its hash.
type exportProof struct {
	org.AuditExport
	seal   []byte
	sealed bool // the entries from before there were chains are still coming
	chain  uuid.UUID
	from   int64 // the entry of the chain after which the file begins
	seq    int64
	hash   []byte
	seen   map[uuid.UUID]bool
	all    []byte // over the hashes of all entries
}

func (p *exportProof) begin(seal []byte) {
	p.seal, p.sealed, p.seen = seal, true, map[uuid.UUID]bool{}
}

// take reads the next entry and reports what is wrong with it.
func (p *exportProof) take(l *org.AuditLine) (problem string) {
	row, want := rowOfLine(l), []byte(nil)
	switch {
	// Each case is the only place where such an entry may be: chains are whole and follow one another, and entries without a
	// chain come before all of them. A file that mixes them could hide an entry between two others.
	case l.ChainSeq == 0 && p.sealed && l.Seq == p.seq+1:
		want = unit.SealedHash(p.hash, row)
		p.seq = l.Seq
	case l.ChainSeq == 1 && !p.seen[l.Chain]:
		p.enter(l.Chain, 0)
		want, p.seq = unit.EntryHash(p.seal, row), 1
	case l.ChainSeq > 1 && l.Chain == p.chain && !p.sealed && l.ChainSeq == p.seq+1:
		want, p.seq = unit.EntryHash(p.hash, row), l.ChainSeq
	default:
		return fmt.Sprintf("entry %d (%s) does not follow the one before it", l.Seq, l.ID)
	}
	if !bytes.Equal(want, l.Hash) {
		return fmt.Sprintf("entry %d (%s) was changed, or the one before it was", l.Seq, l.ID)
	}
	if !l.Time.Before(p.Before) {
		return fmt.Sprintf("entry %d (%s) is from a later time", l.Seq, l.ID)
	}
	p.hash, p.all = l.Hash, org.HashOf("rolecall audit export 1", string(p.all), string(l.Hash))
	p.Entries++
	return ""
}

// enter begins a chain after its entry number from.
func (p *exportProof) enter(chain uuid.UUID, from int64) {
	p.sealed, p.chain, p.seen[chain], p.from = false, chain, true, from
	p.Chains++
}

// goOn begins a chain at its base and reports what is wrong with the base. What the base says is proved by the entries after
// it, and by the file that has the entries before it.
func (p *exportProof) goOn(l *org.AuditLine) (problem string) {
	if p.seen[l.Chain] || l.ChainSeq < 1 {
		return "a chain begins where it cannot"
	}
	p.enter(l.Chain, l.ChainSeq)
	p.seq, p.hash = l.ChainSeq, l.Hash
	p.all = org.HashOf("rolecall audit export base 1", string(p.all), l.Chain.String(), fmt.Sprint(l.ChainSeq), string(l.Hash))
	return ""
}

// root identifies everything that was read: two files with the same root have the same entries.
func (p *exportProof) root() string {
	p.Root = unit.RootName(p.all)
	return p.Root
}

// VerifyExport reads a file that ExportAudit wrote and finds where it was changed. It needs no database. Given the root that the
// export printed, kept elsewhere, it also detects a file that was rewritten as a whole.
func VerifyExport(in io.Reader, root string) (e org.AuditExport, problem string, err error) {
	p, problem, err := readExport(in, func(*exportProof, *org.AuditLine) {})
	if err == nil && problem == "" && root != "" && root != p.Root {
		problem = "its root is " + p.Root
	}
	return p.AuditExport, problem, err
}

// readExport reads a file and calls see with each proved entry.
func readExport(in io.Reader, see func(*exportProof, *org.AuditLine)) (p exportProof, problem string, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxExportLine)
	for n := 1; lines.Scan(); n++ {
		var l org.AuditLine
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			return p, fmt.Sprintf("line %d: %v", n, err), nil
		}
		switch {
		case n == 1 && l.Line == "head" && l.Format >= exportFirst && l.Format <= exportNow:
			p.Before = l.Before
			p.begin(l.Seal)
		case n == 1:
			return p, "this is no export of an audit trail, or one of a newer version", nil
		case p.Root != "":
			return p, fmt.Sprintf("line %d: something follows the end", n), nil
		case l.Line == "base":
			problem = p.goOn(&l)
		case l.Line == "entry":
			if problem = p.take(&l); problem == "" {
				see(&p, &l)
			}
		case l.Line == "end" && l.Entries == p.Entries && l.Root == p.root():
		default:
			return p, fmt.Sprintf("line %d: the end does not fit what is before it", n), nil
		}
		if problem != "" {
			return p, fmt.Sprintf("line %d: %s", n, problem), nil
		}
	}
	if lines.Err() == nil && p.Root == "" {
		problem = "the end is missing"
	}
	return p, problem, lines.Err()
}
