(** Reading numbers, what is pending, and what is done with a value that is complete. *)
From Longhand Require Export Products.

(** A run from [c] may take [k] steps. [R_one] spends one of them, [R_seq] those of a part of the run,
    and [R_by] those that a lemma allows. *)
Lemma R_one N k c c' P : step delta c = Some c' -> inside N c' -> (1 <= k)%nat -> R N (k - 1) c' P ->
  R N k c P.
Proof. intros H I L K. destruct k as [|k]; [lia|]. eapply R_step; eauto. now rewrite Nat.sub_1_r in K. Qed.

Lemma R_seq N a k c P Q : R N a c P -> (forall c', P c' -> R N (k - a) c' Q) -> (a <= k)%nat ->
  R N k c Q.
Proof. intros H W L. eapply R_bind; [exact H|exact W|lia]. Qed.

Lemma R_by N a k c (P Q : cfg -> Prop) : R N a c P -> (forall c', P c' -> Q c') -> (a <= k)%nat ->
  R N k c Q.
Proof. intros H W L. eapply R_le; [eapply R_weaken; eassumption|exact L]. Qed.

(** Prove that the steps that are left are enough. *)
Ltac steps := cbn [length] in *; rewrite ?app_length, ?map_length, ?rev_length; cbn [length]; lia.

(** * What is pending

    A number with [+] or [-], a number with [*] or [/], an open bracket that may change the sign. *)
Inductive item := Sum (a : Z) | Prod (b : Z) (star : bool) | Bracket (negate : bool).

Definition sign_z (a : Z) : sign := if a <? 0 then Neg else Pos.

(** What is pending, as it stands on [first]; the last symbol first. *)
Fixpoint rep (K : list item) : list sym :=
  match K with
  | [] => []
  | Sum a :: K => sign_sym (sign_z a) :: map Dig (rev (digits a)) ++ rep K
  | Prod b star :: K => (if star then Star else Slash) :: map Dig (rev (digits b)) ++ rep K
  | Bracket negate :: K => (if negate then Close else Open) :: rep K
  end.

Definition at_start (K : list item) : bool := match K with [] | Bracket _ :: _ => true | _ => false end.
Definition no_product (K : list item) : bool := match K with Prod _ _ :: _ => false | _ => true end.

(** A sum is pending only at the start of brackets, a product at their start or on a sum. *)
Fixpoint ordered (K : list item) : bool :=
  match K with
  | [] => true
  | Sum _ :: K => at_start K && ordered K
  | Prod _ _ :: K => no_product K && ordered K
  | Bracket _ :: K => ordered K
  end.

Lemma rep_opening K : at_start K = true -> opening (rep K).
Proof. destruct K as [|[]]; try discriminate; try destruct negate; reflexivity. Qed.

Lemma rep_under K : no_product K = true -> under (rep K).
Proof.
  destruct K as [|[]]; try discriminate; cbn [rep]; try destruct (sign_z a); try destruct negate; reflexivity.
Qed.

(** The input tape of an expression of [N] symbols when [rest] is still to be read. *)
Definition at_ (N : nat) (rest : list sym) : Z := Z.of_nat N - Z.of_nat (length rest).
Definition It N g rest := inp g rest (at_ N rest).

Lemma It_right N g x rest : perform right (It N g (x :: rest)) = It N (push x g) rest.
Proof. unfold It, inp, at_, perform, right, go, write. cbn [fst snd lft cur rgt pos hd tl length]. f_equal; lia. Qed.

Lemma cur_It N g rest : cur (It N g rest) = hd B rest.
Proof. reflexivity. Qed.

#[export] Hint Rewrite It_right : tapes.

Definition text_ok (rest : list sym) : Prop := Forall (fun x => x <> B) rest.

Lemma text_proper rest : text_ok rest -> proper rest.
Proof. intros [|x l H _]; [reflexivity|]. unfold proper. destruct x; [now destruct H|reflexivity..]. Qed.

(** The symbols that can follow a value. *)
Definition next_ok (rest : list sym) : bool :=
  match rest with [] | (Plus | Minus | Star | Slash | Close) :: _ => true | _ => false end.

Ltac by_next rest H := destruct rest as [|[|?d| | | | | |] rest]; try discriminate H.

Ltac sizes' := unfold It, at_ in *; sizes.
Ltac eone := eapply R_one; [reflexivity | tapes; sizes' | steps | tapes].

(** * Reading a number *)

Definition add_digit (acc : list digit) (d : digit) : list digit :=
  match acc, d with [], d0 => [] | _, _ => acc ++ [d] end.

Lemma add_digit_spec acc d : canon acc ->
  canon (add_digit acc d) /\ be (add_digit acc d) = 10 * be acc + val d /\
  (length (add_digit acc d) <= length acc + 1)%nat.
Proof.
  intros C. assert (V : be (acc ++ [d]) = 10 * be acc + val d).
  { rewrite be_app. cbn [be length]. change (10 ^ Z.of_nat 1) with 10.
    change (10 ^ Z.of_nat 0) with 1. lia. }
  destruct acc as [|a acc].
  - destruct d; cbn [add_digit]; (split; [exact I|split; [exact V || reflexivity|cbn; lia]]).
  - cbn [add_digit]. split; [destruct a; cbn in *; auto|split; [exact V|]].
    rewrite app_length. cbn. lia.
Qed.

Definition reading_first (s : sign) (acc : list digit) : state :=
  match acc with [] => FirstZeros s | _ => FirstDigits s end.
Definition reading_second (s : sign) (acc : list digit) : state :=
  match acc with [] => SecondZeros s | _ => SecondDigits s end.

Definition First N s ds F rest c := exists g x r,
  c = Cfg (reading_first s ds) (It N g rest) (stk (x :: map Dig (rev ds) ++ F) r) clean (ans []).
Definition Snd N s ds F rest c := exists g r,
  c = Cfg (reading_second s ds) (It N g rest) (stk F r) (stk (B :: map Dig (rev ds)) []) (ans []).

Lemma read_first N s F : forall rest ds acc c, canon acc ->
  (length ds + length acc + length F + length rest <= N)%nat ->
  First N s acc F (map Dig ds ++ rest) c ->
  R N (length ds) c (fun c => exists ds', canon ds' /\ First N s ds' F rest c /\
    be ds' = 10 ^ Z.of_nat (length ds) * be acc + be ds /\
    (length ds' <= length acc + length ds)%nat).
Proof.
  intros rest. induction ds as [|d ds IH]; intros acc c C L (g & x & r & ->).
  - apply R_done. exists acc. cbn [be length]. change (10 ^ Z.of_nat 0) with 1.
    repeat split; auto; try lia. exists g, x, r. reflexivity.
  - destruct (add_digit_spec acc d C) as (C' & V & L').
    assert (one : R N 1 (Cfg (reading_first s acc) (It N g (map Dig (d :: ds) ++ rest))
        (stk (x :: map Dig (rev acc) ++ F) r) clean (ans []))
      (First N s (add_digit acc d) F (map Dig ds ++ rest))).
    { cbn [length] in L. destruct acc as [|a acc].
      - destruct d; cbn [map app]; (eone; apply R_done; eexists; eexists; eexists; reflexivity).
      - cbn [map app reading_first add_digit].
        eapply R_one; [reflexivity|tapes; sizes'|steps|tapes]. apply R_done.
        assert (Hr : rev (a :: acc ++ [d]) = d :: rev (a :: acc)).
        { change (a :: acc ++ [d]) with ((a :: acc) ++ [d]). now rewrite rev_app_distr. }
        eexists; eexists; eexists. rewrite Hr. reflexivity. }
    eapply R_seq; [exact one| |steps]. intros c' Hc'.
    eapply R_by; [apply (IH (add_digit acc d)); auto; cbn [length] in *; lia| |steps].
    intros c'' (ds' & Cd & F' & Vd & Ld). exists ds'. repeat split; auto; cbn [length] in *; try lia.
    rewrite Vd, V. cbn [be]. rewrite pow_S. ring.
Qed.

Lemma read_second N s f F : is_operator f = true -> forall rest ds acc c, canon acc ->
  (length ds + length acc + S (length F) + length rest <= N)%nat ->
  Snd N s acc (f :: F) (map Dig ds ++ rest) c ->
  R N (length ds) c (fun c => exists ds', canon ds' /\ Snd N s ds' (f :: F) rest c /\
    be ds' = 10 ^ Z.of_nat (length ds) * be acc + be ds /\
    (length ds' <= length acc + length ds)%nat).
Proof.
  intros Hf rest. induction ds as [|d ds IH]; intros acc c C L (g & r & ->).
  - apply R_done. exists acc. cbn [be length]. change (10 ^ Z.of_nat 0) with 1.
    repeat split; auto; try lia. exists g, r. reflexivity.
  - destruct (add_digit_spec acc d C) as (C' & V & L').
    assert (one : R N 1 (Cfg (reading_second s acc) (It N g (map Dig (d :: ds) ++ rest))
        (stk (f :: F) r) (stk (B :: map Dig (rev acc)) []) (ans []))
      (Snd N s (add_digit acc d) (f :: F) (map Dig ds ++ rest))).
    { cbn [length] in L. destruct acc as [|a acc].
      - destruct d; cbn [map app]; (eone; apply R_done; eexists; eexists; reflexivity).
      - cbn [map app reading_second add_digit].
        assert (Hr : rev (a :: acc ++ [d]) = d :: rev (a :: acc)).
        { change (a :: acc ++ [d]) with ((a :: acc) ++ [d]). now rewrite rev_app_distr. }
        destruct f; try discriminate Hf; (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes]; apply R_done;
        eexists; eexists; rewrite Hr; reflexivity). }
    eapply R_seq; [exact one| |steps]. intros c' Hc'.
    eapply R_by; [apply (IH (add_digit acc d)); auto; cbn [length] in *; lia| |steps].
    intros c'' (ds' & Cd & F' & Vd & Ld). exists ds'. repeat split; auto; cbn [length] in *; try lia.
    rewrite Vd, V. cbn [be]. rewrite pow_S. ring.
Qed.

(** * A value is complete *)

(** The tape [second] when a divisor of at most [m] digits is still to be erased. *)
Definition dirty (m : nat) (used : bool) (y : tape) : Prop :=
  if used then exists Y1 Y2, y = stk (map Dig Y1) (map Dig Y2) /\ (length Y1 + length Y2 <= m)%nat
  else y = clean.

Definition Ans N m x K rest c :=
  exists used y, dirty m used y /\ Res x rest (at_ N rest) (rep K) y used c.

(** The value [x] was read or worked out, [K] is pending, [rest] follows. *)
Definition Hand N m x K rest c :=
  Ans N m x K rest c \/
  (at_start K = true /\ exists s ds, canon ds /\ x = sz s * be ds /\ First N s ds (rep K) rest c) \/
  (at_start K = false /\ exists s ds, canon ds /\ x = sz s * be ds /\ Snd N s ds (rep K) rest c).

(** A value follows; it counts with the sign [s]. *)
Definition Val N s K rest c :=
  exists g r, if at_start K
    then exists x, c = Cfg (Start s) (It N g rest) (stk (x :: rep K) r) clean (ans [])
    else c = Cfg (Second s) (It N g rest) (stk (rep K) r) clean (ans []).

Lemma sz_flip s : sz (flip s) = - sz s.
Proof. now destruct s. Qed.

Lemma sgn_sz s ds : canon ds -> ds <> [] -> sgn (sz s * be ds) = Some s.
Proof.
  intros C H. symmetry. apply sgn_of. destruct ds as [|d ds]; [congruence|].
  apply canon_bound in C. pose proof (pow_pos (length ds)). lia.
Qed.

Lemma digits_sz s ds : canon ds -> digits (sz s * be ds) = ds.
Proof.
  intros C. symmetry. apply digits_of; [assumption|]. pose proof (be_bound ds). destruct s; cbn [sz]; lia.
Qed.

Lemma rep_op K : ordered K = true -> at_start K = false -> exists f F, rep K = f :: F /\ is_operator f = true.
Proof.
  destruct K as [|[a|b st|ng] K]; try discriminate; cbn [rep]; intros _ _; eexists; eexists;
    (split; [reflexivity|]); try destruct (sign_z a); try destruct st; reflexivity.
Qed.

(** A minus before a value. *)
Lemma read_minus N s K rest c : text_ok (Minus :: rest) ->
  (length (rep K) + S (length rest) <= N)%nat -> Val N s K (Minus :: rest) c ->
  R N 1 c (Val N (flip s) K rest).
Proof.
  intros _ L (g & r & H). unfold Val. destruct (at_start K).
  - destruct H as [x ->]. eone. apply R_done. eexists; eexists; eexists; reflexivity.
  - subst c. destruct (rep K) as [|f F] eqn:EK; cbn [length] in *;
      (eone; apply R_done; eexists; eexists; reflexivity).
Qed.

Definition negates (s : sign) : bool := match s with Pos => false | Neg => true end.

(** A bracket opens. *)
Lemma read_open N s K rest c : ordered K = true ->
  (length (rep K) + S (length rest) <= N)%nat -> Val N s K (Open :: rest) c ->
  R N 2 c (Val N Pos (Bracket (negates s) :: K) rest).
Proof.
  intros O L (g & r & H).
  assert (from_start : forall x r, R N 1 (Cfg (Start s) (It N g (Open :: rest)) (stk (x :: rep K) r) clean (ans []))
      (Val N Pos (Bracket (negates s) :: K) rest)).
  { intros x r'. destruct s; (eone; apply R_done; unfold Val; cbn [at_start rep negates];
      eexists; eexists; eexists; reflexivity). }
  destruct (at_start K) eqn:A.
  - destruct H as [x ->]. eapply R_le; [apply from_start|lia].
  - subst c. destruct (rep_op K O A) as (f & F & EK & Hf). rewrite EK in *. cbn [length] in L.
    destruct f; try discriminate Hf; (eone; apply from_start).
Qed.

(** A number. *)
Lemma read_number N m s K d ds rest c : ordered K = true ->
  (length (rep K) + S (length ds) + length rest <= N)%nat ->
  Val N s K (map Dig (d :: ds) ++ rest) c ->
  R N (S (length ds)) c (fun c => Hand N m (sz s * be (d :: ds)) K rest c /\
    (length (digits (sz s * be (d :: ds))) <= S (length ds))%nat).
Proof.
  intros O L (g & r & H).
  assert (Ln : (length (digits (sz s * be (d :: ds))) <= S (length ds))%nat).
  { apply digits_length. pose proof (be_bound (d :: ds)) as Bd. cbn [length] in Bd.
    destruct s; cbn [sz]; lia. }
  destruct (at_start K) eqn:A.
  - destruct H as [x ->].
    assert (start : R N 1 (Cfg (Start s) (It N g (map Dig (d :: ds) ++ rest)) (stk (x :: rep K) r) clean (ans []))
       (First N s (add_digit [] d) (rep K) (map Dig ds ++ rest))).
    { destruct d; cbn [map app]; (eone; apply R_done; eexists; eexists; eexists; reflexivity). }
    eapply R_seq; [exact start| |steps]. intros c Hc.
    destruct (add_digit_spec [] d I) as (C & V & Ld). cbn [length] in Ld.
    eapply R_by; [apply (read_first N s (rep K) rest ds (add_digit [] d) c); auto; lia| |steps].
    intros c' (ds' & C' & F' & V' & L'). split; [|assumption]. right; left. split; [assumption|].
    exists s, ds'. repeat split; auto. rewrite V', V. cbn [be]. ring.
  - subst c. destruct (rep_op K O A) as (f & F & EK & Hf). rewrite EK in *. cbn [length] in L.
    assert (start : R N 1 (Cfg (Second s) (It N g (map Dig (d :: ds) ++ rest)) (stk (f :: F) r) clean (ans []))
       (Snd N s (add_digit [] d) (f :: F) (map Dig ds ++ rest))).
    { destruct d; cbn [map app]; (eone; apply R_done; eexists; eexists; reflexivity). }
    eapply R_seq; [exact start| |steps]. intros c Hc.
    destruct (add_digit_spec [] d I) as (C & V & Ld). cbn [length] in Ld.
    eapply R_by; [apply (read_second N s f F Hf rest ds (add_digit [] d) c); auto; lia| |steps].
    intros c' (ds' & C' & F' & V' & L'). split; [|assumption]. right; right. split; [assumption|].
    rewrite EK. exists s, ds'. repeat split; auto. rewrite V', V. cbn [be]. ring.
Qed.
