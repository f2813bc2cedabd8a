(** Answers in decimal, and that they fit into the cells that the model reads. *)
From Longhand Require Export Expressions.

(** An integer in decimal: no leading zeros, a minus if it is negative, and 0 as one digit. *)
Definition decimal (z : Z) : list sym :=
  if z =? 0 then [Dig d0] else (if z <? 0 then [Minus] else []) ++ map Dig (digits z).

(** The answer to an expression. *)
Definition answer (e : sum) : list sym :=
  match eval e with Some v => decimal v | None => [Slash] end.

(** Integers that have at most [n] symbols in decimal; a minus is one of them. *)
Definition fits (n : nat) (v : Z) : Prop := - 10 ^ Z.of_nat n < 10 * v /\ v < 10 ^ Z.of_nat n.

Lemma decimal_length n v : (1 <= n)%nat -> fits n v -> (length (decimal v) <= n)%nat.
Proof.
  intros Hn [Hl Hu]. unfold decimal. destruct (Z.eqb_spec v 0); [exact Hn|].
  rewrite app_length, map_length. destruct (Z.ltb_spec v 0); cbn [length].
  - destruct n as [|n]; [lia|]. rewrite pow_S in Hl.
    pose proof (digits_length v n ltac:(lia)). lia.
  - apply digits_length. lia.
Qed.

Definition value_fits (v : option Z) (text : list sym) : Prop :=
  match v with Some v => fits (length text) v | None => True end.

Lemma ten n : (1 <= n)%nat -> 10 <= 10 ^ Z.of_nat n.
Proof. intros H. destruct n as [|n]; [lia|]. rewrite pow_S. pose proof (pow_pos n). lia. Qed.

Lemma pow_both m n : 10 ^ Z.of_nat (m + S n) = 10 * 10 ^ Z.of_nat m * 10 ^ Z.of_nat n.
Proof. rewrite Nat2Z.inj_add, Z.pow_add_r, pow_S by lia. ring. Qed.

Lemma values_fit :
  (forall f, value_fits (eval_f f) (show_f f)) /\
  (forall p, value_fits (eval_p p) (show_p p)) /\
  (forall e, value_fits (eval e) (show e)).
Proof.
  pose proof digits_lengths as (Lf & Lp & Le).
  apply expression_ind; cbn [show_f show_p show eval_f eval_p eval]; auto.
  - intros d ds. unfold value_fits, fits. pose proof (be_bound (d :: ds)). rewrite map_length. lia.
  - intros f H. destruct (eval_f f) as [v|]; cbn [option_map value_fits length] in *; [|exact I].
    unfold fits in *. rewrite pow_S. lia.
  - intros e H. destruct (eval e) as [v|]; cbn [value_fits length] in *; [|exact I].
    unfold fits in *. rewrite app_length. cbn [length].
    pose proof (pow_pos (length (show e))). rewrite pow_S, Nat.add_1_r, pow_S. lia.
  - intros p Hp f Hf. destruct (Lp p) as [_ Mp]. destruct (Lf f) as [_ Mf].
    destruct (eval_p p) as [a|], (eval_f f) as [b|]; cbn [both value_fits] in *; try exact I.
    unfold fits in *. rewrite app_length. cbn [length]. rewrite pow_both.
    apply ten in Mp, Mf. set (M := 10 ^ Z.of_nat (length (show_p p))) in *.
    set (K := 10 ^ Z.of_nat (length (show_f f))) in *.
    assert (Z.abs (a * b) < M * K) by (rewrite Z.abs_mul; nia). lia.
  - intros p Hp f Hf. destruct (Lp p) as [_ Mp]. destruct (Lf f) as [_ Mf].
    destruct (eval_p p) as [a|], (eval_f f) as [b|]; cbn [both value_fits] in *; try exact I.
    destruct (Z.eqb_spec b 0); cbn [value_fits]; [exact I|].
    unfold fits in *. rewrite app_length. cbn [length]. rewrite pow_both.
    apply ten in Mp, Mf. set (M := 10 ^ Z.of_nat (length (show_p p))) in *.
    set (K := 10 ^ Z.of_nat (length (show_f f))) in *.
    assert (Z.abs (Z.quot a b) <= Z.abs a).
    { rewrite <- Z.quot_abs by assumption. apply Z.quot_le_upper_bound; nia. }
    assert (10 * M <= 10 * M * K) by nia. lia.
  - intros e He p Hp. destruct (Le e) as [_ Me]. destruct (Lp p) as [_ Mp].
    destruct (eval e) as [a|], (eval_p p) as [b|]; cbn [both value_fits] in *; try exact I.
    unfold fits in *. rewrite app_length. cbn [length]. rewrite pow_both.
    apply ten in Me, Mp. set (M := 10 ^ Z.of_nat (length (show e))) in *.
    set (K := 10 ^ Z.of_nat (length (show_p p))) in *.
    assert (M + 10 * K <= 10 * M * K) by nia. lia.
  - intros e He p Hp. destruct (Le e) as [_ Me]. destruct (Lp p) as [_ Mp].
    destruct (eval e) as [a|], (eval_p p) as [b|]; cbn [both value_fits] in *; try exact I.
    unfold fits in *. rewrite app_length. cbn [length]. rewrite pow_both.
    apply ten in Me, Mp. set (M := 10 ^ Z.of_nat (length (show e))) in *.
    set (K := 10 ^ Z.of_nat (length (show_p p))) in *.
    assert (M + 10 * K <= 10 * M * K) by nia. lia.
Qed.

Lemma answer_length e : (length (answer e) <= length (show e))%nat.
Proof.
  destruct values_fit as (_ & _ & F). specialize (F e).
  destruct digits_lengths as (_ & _ & L). destruct (L e) as [_ Le].
  unfold answer. destruct (eval e) as [v|]; [now apply decimal_length|exact Le].
Qed.
