------------------------------ MODULE Simplex ------------------------------
(***************************************************************************)
(* The rules of consensus.md, for TLC. Rule numbers (C-n) are those of     *)
(* that page; README.md says what is modelled and how to run it.           *)
(*                                                                         *)
(* The state is what honest validators have signed, and what each of them  *)
(* remembers of it. Nothing is ever taken from the network: a certificate  *)
(* exists as soon as enough votes do, and a validator may act on it at any *)
(* later time, or never. So loss, delay, duplication and reordering of     *)
(* messages need no actions of their own. Byzantine validators have signed *)
(* everything from the start, and each vote of theirs may be used by       *)
(* anyone at any time. Any validator may propose in any view, and as often *)
(* as it likes: that is as if every leader could be faulty.                *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
  Honest,     \* validators that keep the rules
  Byzantine,  \* validators that sign anything
  Quorum,     \* votes in a certificate
  LastView,   \* views are 1..LastView; 0 is the genesis block's
  Choices,    \* different blocks on one parent in one view
  Voting,     \* "rules": C-1 and C-2 as written; "numbers": the three that VotingRules.swift keeps
  Wiped,      \* honest validators that may lose their sign-state, and come back by C-23
  Dropped     \* rules left out, to see what they are good for

ASSUME /\ Honest \cap Byzantine = {}
       /\ Wiped \subseteq Honest
       /\ Quorum > Cardinality(Byzantine)
       /\ Voting \in {"rules", "numbers"}
       /\ Dropped \subseteq {"C-1", "C-2", "C-2 notarize", "C-3", "C-4 parent", "C-4 nullifications", "C-10", "C-20"}

VARIABLES
  votes,   \* of each honest validator: what it has ever signed
  memory,  \* of each honest validator: what of that it knows
  closed   \* of each honest validator: the view up to which it signs nothing more (C-23)

vars == <<votes, memory, closed>>

Views == 1..LastView
Payloads == 1..Choices
Block == {b \in [view : Views, parent : 0..(LastView - 1), payload : Payloads] : b.parent < b.view}
Nothing == [notarize |-> {}, nullify |-> {}, finalize |-> {}]
Votes == [notarize : SUBSET Block, nullify : SUBSET Views, finalize : SUBSET Block]

Keeps(rule) == rule \notin Dropped

\* Validators with the same duties can be exchanged for each other.
Alike == Permutations(Honest \ Wiped) \cup Permutations(Wiped)

----------------------------------------------------------------------------
\* Certificates: votes of q distinct validators for one subject. Byzantine ones have all signed it.

Needed == Quorum - Cardinality(Byzantine)

Notarization(b) == Cardinality({n \in Honest : b \in votes[n].notarize}) >= Needed
Nullification(v) == Cardinality({n \in Honest : v \in votes[n].nullify}) >= Needed
Finalization(b) == Cardinality({n \in Honest : b \in votes[n].finalize}) >= Needed

Notarized == {b \in UNION {votes[n].notarize : n \in Honest} : Notarization(b)}
Finalized == {b \in UNION {votes[n].finalize : n \in Honest} : Finalization(b)}
Nullified == {v \in UNION {votes[n].nullify : n \in Honest} : Nullification(v)}

\* The views of which q chose a block.
Chosen == {b.view : b \in Notarized \cup Finalized}

\* C-9, C-10, C-11: what leads into view v.
Entered == {1} \cup Chosen \cup {v + 1 : v \in Chosen \cup Nullified}

----------------------------------------------------------------------------
\* What a validator may sign, by what it knows of its own votes.

Max(views) == CHOOSE v \in views : \A w \in views : w <= v
HighestNotarized(n) == Max({closed[n]} \cup {b.view : b \in memory[n].notarize})
HighestNullified(n) == Max({closed[n]} \cup memory[n].nullify)
HighestFinalized(n) == Max({closed[n]} \cup {b.view : b \in memory[n].finalize})

RulesPermitNotarize(n, b) ==
  /\ b.view > closed[n]
  /\ Keeps("C-1") => \A a \in memory[n].notarize : a.view # b.view
  /\ Keeps("C-2") /\ Keeps("C-2 notarize") => b.view \notin memory[n].nullify

RulesPermitNullify(n, v) ==
  /\ v > closed[n]
  /\ Keeps("C-2") => \A b \in memory[n].finalize : b.view # v

RulesPermitFinalize(n, b) ==
  /\ b.view > closed[n]
  /\ Keeps("C-2") => b.view \notin memory[n].nullify

\* VotingRules.permits
NumbersPermitNotarize(n, b) ==
  b.view > HighestNotarized(n) /\ b.view > HighestNullified(n) /\ b.view > HighestFinalized(n)
NumbersPermitNullify(n, v) == v > HighestNullified(n) /\ v > HighestFinalized(n)
NumbersPermitFinalize(n, b) == b.view > HighestFinalized(n) /\ b.view > HighestNullified(n)

PermitsNotarize(n, b) == IF Voting = "rules" THEN RulesPermitNotarize(n, b) ELSE NumbersPermitNotarize(n, b)
PermitsNullify(n, v) == IF Voting = "rules" THEN RulesPermitNullify(n, v) ELSE NumbersPermitNullify(n, v)
PermitsFinalize(n, b) == IF Voting = "rules" THEN RulesPermitFinalize(n, b) ELSE NumbersPermitFinalize(n, b)

----------------------------------------------------------------------------
Init ==
  /\ votes = [n \in Honest |-> Nothing]
  /\ memory = [n \in Honest |-> Nothing]
  /\ closed = [n \in Honest |-> 0]

\* C-20: what is sent is in the log before.
Sign(n, kind, subject) ==
  /\ subject \notin memory[n][kind]
  /\ votes' = [votes EXCEPT ![n][kind] = @ \cup {subject}]
  /\ memory' = [memory EXCEPT ![n][kind] = @ \cup {subject}]
  /\ UNCHANGED closed

\* The payloads on one parent in one view are alike: they have their numbers by who comes first.
IsNamed(b) == \A p \in 1..(b.payload - 1) : \E n \in Honest : [b EXCEPT !.payload = p] \in votes[n].notarize

\* C-4, and C-7 for the leader
Notarize(n, b, chosen, nullified) ==
  /\ Keeps("C-4 parent") => b.parent \in chosen \cup {0}
  /\ Keeps("C-4 nullifications") => (b.parent + 1)..(b.view - 1) \subseteq nullified
  /\ PermitsNotarize(n, b)
  /\ IsNamed(b)
  /\ Sign(n, "notarize", b)

\* C-8. Timers may fire at any time.
Nullify(n, v, entered) ==
  /\ Keeps("C-10") => v \in entered
  /\ PermitsNullify(n, v)
  /\ Sign(n, "nullify", v)

\* C-3
Finalize(n, b, notarized) ==
  /\ Keeps("C-3") => b \in notarized
  /\ PermitsFinalize(n, b)
  /\ IsNamed(b)
  /\ Sign(n, "finalize", b)

\* C-22: the log holds all that was ever signed, unless C-20 is dropped.
Restart(n) ==
  /\ memory' = [memory EXCEPT ![n] = IF Keeps("C-20") THEN votes[n] ELSE Nothing]
  /\ UNCHANGED <<votes, closed>>

\* C-23, at its worst: none of the peers asked had received the newest votes yet, so that any finalization is above
\* all that they know of. In between the validator signs nothing, so losing and coming back can be one step.
ComeBack(n) ==
  /\ n \in Wiped
  /\ \E b \in Finalized : b.view > closed[n] /\ closed' = [closed EXCEPT ![n] = b.view]
  /\ memory' = [memory EXCEPT ![n] = Nothing]
  /\ UNCHANGED votes

Next ==
  LET notarized == Notarized
      nullified == Nullified
      chosen == Chosen
      entered == Entered
  IN \E n \in Honest :
    \/ \E b \in Block : Notarize(n, b, chosen, nullified)
    \/ \E v \in Views : Nullify(n, v, entered)
    \/ \E b \in Block : Finalize(n, b, notarized)
    \/ Restart(n)
    \/ ComeBack(n)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
\* What must hold.

TypeOK == votes \in [Honest -> Votes] /\ memory \in [Honest -> Votes] /\ closed \in [Honest -> 0..LastView]

\* Is `a` the block `b`, or one that `b` is built on?
RECURSIVE IsAncestor(_, _, _)
IsAncestor(a, b, chosen) ==
  a = b \/ (a.view < b.view /\ \E c \in chosen : c.view = b.parent /\ IsAncestor(a, c, chosen))

\* Of two final blocks one is built on the other.
Agreement ==
  LET final == Finalized
      chosen == Notarized \cup final
  IN \A a, b \in final : IsAncestor(a, b, chosen) \/ IsAncestor(b, a, chosen)

\* Stronger: whatever q notarize above a final block is built on it.
FinalIsLasting ==
  LET notarized == Notarized
      chosen == notarized \cup Finalized
  IN \A a \in Finalized : \A b \in notarized : b.view >= a.view => IsAncestor(a, b, chosen)

UniqueNotarization == LET notarized == Notarized IN \A a, b \in notarized : a.view = b.view => a = b
\* Every ancestor of a final block, and of what may become one, was chosen by q.
FinalIsRooted ==
  LET chosen == {b.view : b \in Notarized} IN \A b \in Notarized \cup Finalized : b.parent \in chosen \cup {0}
NoFinalNullified == \A b \in Finalized : ~Nullification(b.view)
FinalIsNotarized == Finalized \subseteq Notarized

Reliable == Honest \ Wiped
NotarizesOnce == \A n \in Reliable : \A a, b \in votes[n].notarize : a.view = b.view => a = b        \* C-1
FinalizesOnce == \A n \in Reliable : \A a, b \in votes[n].finalize : a.view = b.view => a = b
NeverBoth == \A n \in Reliable : \A b \in votes[n].finalize : b.view \notin votes[n].nullify          \* C-2
NoNotarizeAfterNullify ==                                                                             \* C-2
  [][\A n \in Reliable : \A b \in votes'[n].notarize \ votes[n].notarize : b.view \notin votes[n].nullify]_vars

\* The three numbers allow nothing that C-1 and C-2 forbid.
NumbersAreStricter ==
  \A n \in Honest :
    /\ \A b \in Block :
      /\ NumbersPermitNotarize(n, b) => RulesPermitNotarize(n, b)
      /\ NumbersPermitFinalize(n, b) => RulesPermitFinalize(n, b)
    /\ \A v \in Views : NumbersPermitNullify(n, v) => RulesPermitNullify(n, v)

\* Not liveness, but what it rests on: the first view that nothing leads out of yet can still be left by honest
\* votes alone, whatever was signed before.
NeverStuck ==
  \A v \in (Entered \cap Views) \ (Chosen \cup Nullified) :
    \A n \in Honest : v \in votes[n].nullify \/ PermitsNullify(n, v)

----------------------------------------------------------------------------
\* What must be possible: TLC is to find each of these violated.

NothingFinal == Finalized = {}
NoFullChain == {b.view : b \in {c \in Finalized : c.parent = c.view - 1}} # Views
\* Half saw the block of a view, half its nullification (number 1 of the faults that other engines shipped).
Split == Chosen \cap Nullified
NoSplitSkipped == LET split == Split IN \A b \in Finalized : (b.parent + 1)..(b.view - 1) \cap split = {}
NoSplitBuiltOn == LET split == Split IN \A b \in Finalized : b.parent \notin split

----------------------------------------------------------------------------
\* To reach further: ACTION_CONSTRAINT InOrder and VIEW Essence. They lose no set of votes. Whether a vote of view v
\* may be signed depends on certificates of lower views, where more votes never forbid anything, and on votes of v and,
\* for the three numbers, of higher views, where fewer never do. So the votes of any history can be signed sorted by
\* view as well; and once that has come to view v, only the certificates of the lower ones matter, and how many
\* validators have signed what in v, not which. All of this needs validators that remember their votes.

InView(v, n) ==
  [notarize |-> {b \in votes[n].notarize : b.view = v},
   nullify |-> votes[n].nullify \cap {v},
   finalize |-> {b \in votes[n].finalize : b.view = v}]

Top ==
  LET top(n) == Max({0} \cup votes[n].nullify \cup {b.view : b \in votes[n].notarize \cup votes[n].finalize})
  IN Max({top(n) : n \in Honest})

InOrder == LET top == Top IN \A v \in 1..(top - 1) : \A n \in Honest : InView(v, n)' = InView(v, n)

Essence ==
  LET top == Top
      now == [n \in Honest |-> InView(top, n)]
  IN <<top, {<<now[n], Cardinality({m \in Honest : now[m] = now[n]})>> : n \in Honest},
       {b \in Notarized : b.view < top}, {b \in Finalized : b.view < top}, Nullified \ {top}>>
=============================================================================
