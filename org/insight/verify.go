package insight

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// VerifyAudit walks the audit trail from its beginning and finds where entries were changed, added or removed after it was
// written. NotFound: no such organization ever existed.
// It is for the operator, so it checks no permission. A finding is no error: an error means that the trail could not be read.
func (s *Service) VerifyAudit(ctx context.Context, f org.VerifyFilter) (v org.Verification, err error) {
	defer org.Wrap(&err, "verify audit trail")
	err = s.units.DB.View(ctx, func(q db.Reads) error {
		w := verifier{ctx: ctx, q: q, names: map[uuid.UUID]string{}, noted: map[string]map[int64]string{}, only: f.Organization != ""}
		err := w.run(f)
		v = w.Verification
		return err
	})
	return v, err
}

// verifier walks through the trail in one snapshot.
type verifier struct {
	org.Verification
	ctx   context.Context //nolint:containedctx // one walk, begun and ended in one call
	q     db.Reads
	names map[uuid.UUID]string // of the organizations that still exist
	only  bool                 // one chain, of the organization:
	orgID uuid.UUID
	// the end of the trail from before there were chains, where each chain begins
	seal  db.GetAuditSealRow
	bases auditBases
	noted map[string]map[int64]string // hashes of roots and prunes according to the site's chain, by type
}

// found reports a finding, in words for the operator.
func (w *verifier) found(format string, args ...any) {
	w.Findings = append(w.Findings, fmt.Sprintf(format, args...))
}

// run checks the sealed trail, then the chains, then the roots, which it compares with what the chains say about them.
func (w *verifier) run(f org.VerifyFilter) (err error) {
	organizations, err := w.q.ListOrganizations(w.ctx, math.MaxInt64)
	if err != nil {
		return err
	}
	for _, o := range organizations {
		w.names[o.ID] = o.Name
		if w.only && (o.NameKey == org.FoldCase(f.Organization) || o.ID == unit.ParseID(f.Organization)) {
			w.orgID = o.ID
		}
	}
	// A deleted organization no longer has a name, but its chain stays and is found by its id.
	if w.only && w.orgID == uuid.Nil {
		if w.orgID = unit.ParseID(f.Organization); w.orgID == uuid.Nil {
			return org.ErrNotFound()
		}
	}
	// Every chain begins at the seal, so without it none can be checked.
	if w.seal, err = w.q.GetAuditSeal(w.ctx); db.IsNotFound(err) {
		w.found("the seal of the trail is missing")
		return nil
	}
	if err != nil {
		return err
	}
	if w.bases, err = readBases(w.ctx, w.q); err != nil {
		return err
	}
	if !w.only && !w.bases.sealGone(w.seal.Seq) {
		if err := w.sealed(); err != nil {
			return err
		}
	}
	if err := w.chains(); err != nil {
		return err
	}
	if err := w.prunes(); err != nil {
		return err
	}
	if err := w.roots(f.Root); err != nil || w.only || len(w.Findings) > 0 {
		return err
	}
	// Counts are compared only if nothing was found: a walk that stopped early has not seen all entries.
	all, err := w.q.CountAuditLogs(w.ctx, w.bases.last.UpTo)
	if err == nil && all != int64(w.Entries) {
		w.found("%d entries belong to no chain", all-int64(w.Entries))
	}
	return err
}

// sealed checks the trail from before there were chains.
// It stops at the first fault: every hash after it would be wrong too.
func (w *verifier) sealed() error {
	var last db.GetAuditSealRow
	for {
		rows, err := w.q.ListSealedTrail(w.ctx, db.ListSealedTrailParams{AfterSeq: last.Seq, MaxRows: unit.ChunkSize})
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch {
			case bytes.Equal(unit.SealedHash(last.Hash, unit.RowOf(r)), r.Hash):
			case r.Seq != last.Seq+1:
				w.found("sealed trail: entries between %d and %d are missing", last.Seq, r.Seq)
				return nil
			default:
				w.found("sealed trail: entry %d (%s) was changed, or the one before it was", r.Seq, r.ID)
				return nil
			}
			last = db.GetAuditSealRow{Seq: r.Seq, Hash: r.Hash}
			w.Entries++
			w.Sealed++
		}
		if len(rows) < unit.ChunkSize {
			break
		}
	}
	// No hash reveals that the end was cut off. The seal does.
	if w.seal.Seq != last.Seq || !bytes.Equal(w.seal.Hash, last.Hash) {
		w.found("sealed trail: it ends with entry %d, but was sealed with entry %d", last.Seq, w.seal.Seq)
	}
	return nil
}

// chains checks every chain, or the one asked for.
func (w *verifier) chains() error {
	of := uuid.Nil // the site comes first
	if w.only {
		of = w.orgID
	}
	head, err := w.q.GetRevision(w.ctx, of)
	switch {
	// Neither a chain nor an organization: this id never existed.
	case db.IsNotFound(err) && w.only && w.names[of] == "":
		return org.ErrNotFound()
	case db.IsNotFound(err):
		w.found("%s: the chain is gone", unit.ScopeName(of, w.names))
	case err != nil:
		return err
	default:
		if err := w.chain(head); err != nil {
			return err
		}
	}
	if w.only {
		return nil
	}
	// What is left are the organizations whose chain was not found.
	without := len(w.names)
	for after := uuid.Nil; ; {
		heads, err := w.q.ListRevisions(w.ctx, db.ListRevisionsParams{AfterID: after, MaxRows: unit.ChunkSize})
		if err != nil {
			return err
		}
		for _, head := range heads {
			if _, there := w.names[head.OrganizationID]; there {
				without--
			}
			if err := w.chain(head); err != nil {
				return err
			}
		}
		if len(heads) < unit.ChunkSize {
			break
		}
		after = heads[len(heads)-1].OrganizationID
	}
	if without > 0 {
		w.found("the chains of %d organizations are gone", without)
	}
	return nil
}

// chain checks one chain from the seal, or from where it was cut, to its head.
// It reports one thing at most: after a fault every hash is wrong.
func (w *verifier) chain(head db.Revision) error {
	name := unit.ScopeName(head.OrganizationID, w.names)
	seq, hash := int64(0), w.seal.Hash
	if base, ok := w.bases.of[head.OrganizationID]; ok {
		seq, hash = base.ChainSeq, base.Hash
	}
	for {
		rows, err := w.q.ListAuditChain(w.ctx, db.ListAuditChainParams{Chain: head.OrganizationID, AfterSeq: seq, MaxRows: unit.ChunkSize})
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch {
			case r.ChainSeq != seq+1:
				w.found("%s: entries between %d and %d are missing", name, seq, r.ChainSeq)
				return nil
			case !bytes.Equal(unit.EntryHash(hash, unit.RowOf(r)), r.Hash):
				w.found("%s: entry %d (%s) was changed, or the one before it was", name, r.ChainSeq, r.ID)
				return nil
			}
			if err := w.note(r); err != nil {
				return err
			}
			seq, hash = r.ChainSeq, r.Hash
			w.Entries++
		}
		if len(rows) < unit.ChunkSize {
			break
		}
	}
	// The head moves in the transaction of the entry, so a chain that ends before it was cut (docs/adr/0004-audit-trail.md).
	switch {
	case seq != head.AuditSeq:
		w.found("%s: the chain ends with entry %d, but %d were written", name, seq, head.AuditSeq)
	case !bytes.Equal(hash, head.AuditHash):
		w.found("%s: the chain ends with entry %d, which has another hash than the last one written", name, seq)
	}
	if seq > 0 {
		w.Chains++
	}
	return nil
}

// note remembers what an entry of the site's chain says about a root or a prune.
// Anyone who rewrites one would have to change its entry too, and that breaks the chain.
func (w *verifier) note(r db.AuditLog) error {
	if r.Chain != uuid.Nil || r.StatusCode >= 400 || r.ResourceType != org.AuditRootType && r.ResourceType != org.AuditPruneType {
		return nil
	}
	var fields struct {
		Seq  struct{ New int64 }  `json:"seq"`
		Hash struct{ New string } `json:"hash"`
	}
	if err := json.Unmarshal([]byte(r.Changes), &fields); err != nil {
		return fmt.Errorf("audit entry %s: %w", r.ID, err)
	}
	if w.noted[r.ResourceType] == nil {
		w.noted[r.ResourceType] = map[int64]string{}
	}
	w.noted[r.ResourceType][fields.Seq.New] = fields.Hash.New
	return nil
}

// told reports whether the site's chain has a root or a prune as it is stored. The entry of an old one may have been pruned: the
// hash of the next one covers it.
func (w *verifier) told(kind string, seq int64, at time.Time, hash []byte) bool {
	// For a single organization the chain of the site was not walked, so there is no entry to compare with.
	if noted, ok := w.noted[kind][seq]; ok || w.only {
		return w.only || noted == unit.RootName(hash)
	}
	return at.Before(w.bases.last.Boundary)
}

// roots checks that every root is the one that was made, and that the chains still have what it was made of.
// known is a root that the operator kept elsewhere, "" for none.
func (w *verifier) roots(known string) error {
	var last db.AuditRoot
	for {
		list, err := w.q.ListAuditRoots(w.ctx, db.ListAuditRootsParams{AfterSeq: last.Seq, MaxRows: unit.ChunkSize})
		if err != nil {
			return err
		}
		for _, r := range list {
			if r.Seq != last.Seq+1 {
				w.found("roots between %d and %d are missing", last.Seq, r.Seq)
			}
			if err := w.root(last, r); err != nil {
				return err
			}
			if known != "" && unit.RootName(r.Hash) == known {
				known = ""
			}
			last = r
			w.Roots++
		}
		if len(list) < unit.ChunkSize {
			break
		}
	}
	// The chain has roots that are no longer stored: their end was cut off.
	for seq := range w.noted[org.AuditRootType] {
		if seq > last.Seq {
			w.found("root %d is missing", seq)
		}
	}
	// Nothing else detects a trail that was rewritten as a whole (docs/adr/0004-audit-trail.md).
	if known != "" {
		w.found("no root is %s", known)
	}
	return nil
}

// root checks one root against the one before it, its entry, and the entries that it was made of.
func (w *verifier) root(before, r db.AuditRoot) error {
	heads, err := w.q.ListAuditRootHeads(w.ctx, r.Seq)
	if err != nil {
		return err
	}
	if !bytes.Equal(unit.RootHash(before.Hash, r, heads), r.Hash) || !w.told(org.AuditRootType, r.Seq, r.Time, r.Hash) {
		w.found("root %d was changed, or one before it was", r.Seq)
		return nil
	}
	for _, h := range heads {
		if w.only && h.OrganizationID != w.orgID {
			continue
		}
		if base, ok := w.bases.of[h.OrganizationID]; ok && h.ChainSeq < base.ChainSeq {
			continue // it was pruned, and the hash with which the chain continues covers it
		}
		hash, err := w.hashAt(h.OrganizationID, h.ChainSeq)
		if err != nil {
			return err
		}
		switch {
		case hash == nil:
			w.found("root %d: the chain of %s had entry %d, which is gone", r.Seq, unit.ScopeName(h.OrganizationID, w.names), h.ChainSeq)
		case !bytes.Equal(hash, h.Hash):
			w.found("root %d: the chain of %s had entry %d with another hash", r.Seq, unit.ScopeName(h.OrganizationID, w.names), h.ChainSeq)
		}
	}
	return nil
}

// hashAt returns the hash of an entry of a chain, or of the base it continues from; nil if there is none.
func (w *verifier) hashAt(chain uuid.UUID, seq int64) ([]byte, error) {
	if base, ok := w.bases.of[chain]; ok && base.ChainSeq == seq {
		return base.Hash, nil
	}
	rows, err := w.q.ListAuditChain(w.ctx, db.ListAuditChainParams{Chain: chain, AfterSeq: seq - 1, MaxRows: 1})
	if err != nil || len(rows) == 0 || rows[0].ChainSeq != seq {
		return nil, err
	}
	return rows[0].Hash, nil
}
