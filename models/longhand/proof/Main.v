(** The theorems, about the table of the model file. *)
From Longhand Require Export Answers Unambiguous Validation.
From Longhand Require Import transitions.

Opaque table.

(** * Runs of a machine *)

(** The configuration after [k] steps; [None] if a transition is missing from the table. *)
Fixpoint run {state} (p : program state) (k : nat) (c : config state) : option (config state) :=
  match k with
  | O => Some c
  | S k => match step p c with Some c' => run p k c' | None => None end
  end.

(** The machine of the model file. *)
Definition longhand : program N := program_of table.

(** Its numbers for the first and the last state. *)
Definition START : N := 0.
Definition HALT : N := 171.

(** The input tape holds a text from position 0 on, the others are blank; the heads are at 0. *)
Definition blank : tape := T [] B [] 0.
Definition initial (text : list sym) : config N :=
  Cfg START (T [] (hd B text) (tl text) 0) blank blank blank.

(** The model takes at most so many steps for a text of [n] symbols. *)
Definition step_limit (n : nat) : nat := 14 * (n * n) + 20 * n + 20.

(** The model's tapes for a text of [n] symbols have the cells [-(n + 2)] to [n + 1]. *)
Definition on_tape (n : nat) (t : tape) : Prop :=
  - (Z.of_nat n + 2) <= pos t <= Z.of_nat n + 1.
Definition on_tapes (n : nat) (c : config N) : Prop :=
  on_tape n (ti c) /\ on_tape n (tf c) /\ on_tape n (ts c) /\ on_tape n (ta c).

(** What is read off a tape: its symbols from the first one that is not blank. The model reads [n] of
    them for a text of [n] symbols. *)
Fixpoint drop_blanks (l : list sym) : list sym :=
  match l with B :: l => drop_blanks l | _ => l end.
Definition written (t : tape) : list sym := drop_blanks (rev (lft t) ++ cur t :: rgt t).

(** * From the program to the table *)

Definition enc (c : cfg) : config N := Cfg (code (st c)) (ti c) (tf c) (ts c) (ta c).

Lemma step_table c c' : step delta c = Some c' -> step longhand (enc c) = Some (enc c').
Proof.
  unfold step, longhand, enc. cbn [st ti tf ts ta].
  destruct (delta (st c) (cur (ti c)) (cur (tf c)) (cur (ts c)) (cur (ta c))) as [a|] eqn:D; [|discriminate].
  intros [= <-]. rewrite (delta_is_table _ _ _ _ _ _ D). reflexivity.
Qed.

Lemma R_run N k c P : R N k c P -> inside N c ->
  exists j c', (j <= k)%nat /\ run longhand j (enc c) = Some (enc c') /\ P c' /\
    forall i ci, (i <= j)%nat -> run longhand i (enc c) = Some ci -> on_tapes N ci.
Proof.
  induction 1 as [k c P H|k c c1 P H I _ IH]; intros Ic.
  - exists 0%nat, c. repeat split; auto; try lia.
    all: intros; destruct i; [|lia]; cbn [run] in *; injection H1 as <-; apply Ic.
  - destruct (IH I) as (j & c' & L & Hr & Pc & Hi). exists (S j), c'.
    cbn [run]. rewrite (step_table _ _ H). repeat split; auto; try lia.
    all: destruct i as [|i]; [cbn [run] in *; injection H1 as <-; apply Ic|].
    all: cbn [run] in H1; rewrite (step_table _ _ H) in H1; apply (Hi i ci); auto; lia.
Qed.

(** No transition leads on from the last state, so a run ends there. *)
Theorem halt_is_final c : st c = HALT -> step longhand c = None.
Proof.
  intros H. unfold step, longhand, program_of. rewrite H.
  assert (filter (of_state HALT) table = []) as -> by (vm_compute; reflexivity). reflexivity.
Qed.

(** * Answers *)

Lemma written_answer x : written (answer_tape x) = decimal x.
Proof.
  unfold answer_tape, written, alw, decimal. cbn [lft cur rgt hd tl rev app].
  destruct (digits_spec x) as [V C].
  unfold sgn. destruct (Z.eqb_spec x 0) as [->|N0]; [reflexivity|].
  destruct (x <? 0); cbn [drop_blanks app]; [reflexivity|].
  destruct (digits x) as [|d ds]; reflexivity.
Qed.

Definition start_cfg (text : list sym) : cfg :=
  Cfg (Start Pos) (T [] (hd B text) (tl text) 0) blank blank blank.

Lemma halts e : R (length (show e)) (step_limit (length (show e))) (start_cfg (show e))
  (fun c => st c = Halt /\ written (ta c) = answer e).
Proof.
  destruct runs as (_ & _ & H). destruct digits_lengths as (_ & _ & D).
  specialize (D e). destruct D as [D _]. set (N := length (show e)) in *.
  assert (V : Val N Pos [] (show e ++ []) (start_cfg (show e))).
  { unfold Val, start_cfg. cbn [at_start rep]. exists [], [], B. rewrite app_nil_r. unfold It, inp, at_. fold N.
    replace (Z.of_nat N - Z.of_nat N) with 0 by lia. reflexivity. }
  specialize (H e N [] [] (start_cfg (show e)) eq_refl eq_refl (Forall_nil _) eq_refl eq_refl). fold N in H.
  unfold answer, step_limit. destruct (eval e) as [v|]; cbn [outcome fits_in rep length] in *; fold N in D.
  - eapply R_seq; [apply H; [lia|exact V]| |unfold most; lia]. intros c1 H1. cbn [sz] in H1. rewrite Z.mul_1_l in H1.
    eapply R_seq; [apply (hand_ans N N v [] [] c1); auto; cbn [rep length]; lia| |unfold most; lia]. intros c2 H2.
    eapply R_by; [apply (halt N N v c2); auto| |unfold most; lia]. intros c3 [Hs Ha].
    split; [assumption|]. rewrite Ha. apply written_answer.
  - eapply R_by; [apply H; [lia|exact V]| |unfold most; lia]. intros c1 [Hs Ha]. split; [assumption|].
    rewrite Ha. reflexivity.
Qed.

(** For every expression: the machine of the table, started on its text, halts within the limit. Until
    then the table has a transition for every step, and no head leaves its tape. What is written on the
    tape [answer] is the value in decimal, or [/] if there is a division by zero; the model reads all
    of it. *)
Theorem longhand_correct e :
  exists k c, (k <= step_limit (length (show e)))%nat /\
    run longhand k (initial (show e)) = Some c /\ st c = HALT /\
    written (ta c) = answer e /\ (length (answer e) <= length (show e))%nat /\
    forall i ci, (i <= k)%nat -> run longhand i (initial (show e)) = Some ci ->
      on_tapes (length (show e)) ci.
Proof.
  pose proof (halts e) as H. destruct digits_lengths as (_ & _ & D). destruct (D e) as [_ L].
  apply R_run in H.
  - destruct H as (k & c & Hk & Hr & [Hs Ha] & Hi). exists k, (enc c).
    split; [exact Hk|split; [exact Hr|split; [|split; [exact Ha|split; [apply answer_length|exact Hi]]]]].
    unfold enc. cbn [st]. rewrite Hs. reflexivity.
  - unfold inside, within, start_cfg, blank. cbn [ti tf ts ta pos]. lia.
Qed.

(** So a text has one value: it is the text of at most one expression. *)
Theorem one_expression e1 e2 : show e1 = show e2 -> e1 = e2.
Proof. apply show_once. Qed.

(** The texts of expressions are those that the package accepts: [Validation.v] states its validation. *)
Theorem accepted_texts text : Forall (fun x => x <> B) text ->
  accepts Value 0 text = true <-> exists e, show e = text.
Proof. apply validation. Qed.

(** The decimal form is the number: the value of its digits, without leading zeros. *)
Theorem decimal_is_value z : z <> 0 -> exists ds, canon ds /\ be ds = Z.abs z /\
  decimal z = (if z <? 0 then [Minus] else []) ++ map Dig ds.
Proof.
  intros H. exists (digits z). destruct (digits_spec z). repeat split; auto.
  unfold decimal. destruct (Z.eqb_spec z 0); [lia|reflexivity].
Qed.
