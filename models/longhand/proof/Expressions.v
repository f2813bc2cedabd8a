(** Whole expressions: how they are written, what they are worth, and what the machine does. *)
From Longhand Require Export Quotients.

(** * The grammar *)

(** A factor is an integer (leading zeros allowed), a minus and a factor, or a sum in brackets. *)
Inductive factor := FNumber (d : digit) (ds : list digit) | FMinus (f : factor) | FBrackets (e : sum)
with product := PFactor (f : factor) | PTimes (p : product) (f : factor) | POver (p : product) (f : factor)
with sum := SProduct (p : product) | SPlus (e : sum) (p : product) | SMinus (e : sum) (p : product).

Scheme factor_rec' := Induction for factor Sort Prop
with product_rec' := Induction for product Sort Prop
with sum_rec' := Induction for sum Sort Prop.
Combined Scheme expression_ind from factor_rec', product_rec', sum_rec'.

(** How it is written. *)
Fixpoint show_f (f : factor) : list sym :=
  match f with
  | FNumber d ds => map Dig (d :: ds)
  | FMinus f => Minus :: show_f f
  | FBrackets e => Open :: show e ++ [Close]
  end
with show_p (p : product) : list sym :=
  match p with
  | PFactor f => show_f f
  | PTimes p f => show_p p ++ Star :: show_f f
  | POver p f => show_p p ++ Slash :: show_f f
  end
with show (e : sum) : list sym :=
  match e with
  | SProduct p => show_p p
  | SPlus e p => show e ++ Plus :: show_p p
  | SMinus e p => show e ++ Minus :: show_p p
  end.

Definition both (f : Z -> Z -> option Z) (a b : option Z) : option Z :=
  match a, b with Some a, Some b => f a b | _, _ => None end.

(** What it is worth; [None] if there is a division by zero. [Z.quot] truncates toward zero. *)
Fixpoint eval_f (f : factor) : option Z :=
  match f with
  | FNumber d ds => Some (be (d :: ds))
  | FMinus f => option_map Z.opp (eval_f f)
  | FBrackets e => eval e
  end
with eval_p (p : product) : option Z :=
  match p with
  | PFactor f => eval_f f
  | PTimes p f => both (fun a b => Some (a * b)) (eval_p p) (eval_f f)
  | POver p f => both (fun a b => if b =? 0 then None else Some (Z.quot a b)) (eval_p p) (eval_f f)
  end
with eval (e : sum) : option Z :=
  match e with
  | SProduct p => eval_p p
  | SPlus e p => both (fun a b => Some (a + b)) (eval e) (eval_p p)
  | SMinus e p => both (fun a b => Some (a - b)) (eval e) (eval_p p)
  end.

(** * No value has more digits than its text has symbols *)

Lemma digits_len z k : (length (digits z) <= k)%nat -> Z.abs z < 10 ^ Z.of_nat k.
Proof.
  intros H. pose proof (digits_bound z).
  assert (10 ^ Z.of_nat (length (digits z)) <= 10 ^ Z.of_nat k) by (apply Z.pow_le_mono_r; lia). lia.
Qed.

Definition fits_in (v : option Z) (text : list sym) : Prop :=
  match v with Some v => (length (digits v) <= length text)%nat | None => True end.

Lemma digits_lengths :
  (forall f, fits_in (eval_f f) (show_f f) /\ (1 <= length (show_f f))%nat) /\
  (forall p, fits_in (eval_p p) (show_p p) /\ (1 <= length (show_p p))%nat) /\
  (forall e, fits_in (eval e) (show e) /\ (1 <= length (show e))%nat).
Proof.
  assert (sums : forall a b m n, (length (digits a) <= m)%nat -> (length (digits b) <= n)%nat ->
    (1 <= m)%nat -> (1 <= n)%nat ->
    (length (digits (a + b)) <= m + S n)%nat /\ (length (digits (a - b)) <= m + S n)%nat).
  { intros a b m n Ha Hb Hm Hn. apply digits_len in Ha, Hb.
    assert (10 ^ Z.of_nat (m + S n) = 10 * 10 ^ Z.of_nat m * 10 ^ Z.of_nat n) as P.
    { rewrite Nat2Z.inj_add, Z.pow_add_r, pow_S by lia. ring. }
    pose proof (pow_pos m). pose proof (pow_pos n).
    split; apply digits_length; rewrite P; nia. }
  apply expression_ind; cbn [show_f show_p show eval_f eval_p eval]; intros;
    repeat match goal with H : _ /\ _ |- _ => destruct H end;
    rewrite ?app_length, ?map_length; cbn [length]; (split; [|lia]).
  - cbn [fits_in]. apply digits_length. pose proof (be_bound (d :: ds)).
    rewrite map_length. lia.
  - destruct (eval_f f); cbn [option_map fits_in length] in *; [|exact I]. rewrite digits_opp. lia.
  - destruct (eval e); cbn [fits_in length] in *; [|exact I]. rewrite app_length. lia.
  - assumption.
  - destruct (eval_p p) as [a|], (eval_f f) as [b|]; cbn [both fits_in] in *; try exact I.
    rewrite app_length. cbn [length].
    match goal with Ha : (length (digits a) <= ?m)%nat, Hb : (length (digits b) <= ?n)%nat |- _ =>
      apply digits_len in Ha, Hb; apply digits_length;
      replace (10 ^ Z.of_nat (m + S n)) with (10 * 10 ^ Z.of_nat m * 10 ^ Z.of_nat n)
        by (rewrite Nat2Z.inj_add, Z.pow_add_r, pow_S by lia; ring);
      pose proof (pow_pos m); pose proof (pow_pos n) end.
    rewrite Z.abs_mul. nia.
  - destruct (eval_p p) as [a|], (eval_f f) as [b|]; cbn [both fits_in] in *; try exact I.
    destruct (Z.eqb_spec b 0); cbn [fits_in]; [exact I|].
    rewrite app_length. apply Nat.le_trans with (length (show_p p)); [|lia].
    apply digits_length. match goal with Ha : (length (digits a) <= ?m)%nat |- _ => apply digits_len in Ha end.
    assert (Z.abs (Z.quot a b) <= Z.abs a); [|lia].
    rewrite <- Z.quot_abs by assumption. apply Z.quot_le_upper_bound; nia.
  - assumption.
  - destruct (eval e) as [a|], (eval_p p) as [b|]; cbn [both fits_in] in *; try exact I.
    rewrite app_length. cbn [length]. apply sums; assumption.
  - destruct (eval e) as [a|], (eval_p p) as [b|]; cbn [both fits_in] in *; try exact I.
    rewrite app_length. cbn [length]. apply sums; assumption.
Qed.

(** * The machine on an expression *)

(** The steps for an expression of [n] symbols, up to the end of its last number or bracket. *)
Definition most (n : nat) : nat := 14 * (n * n) + 19 * n.

Lemma most_le m n : (m <= n)%nat -> (most m <= most n)%nat.
Proof. intros H. pose proof (Nat.mul_le_mono _ _ _ _ H H). unfold most. lia. Qed.

(** What two operands leave for the work with them. *)
Lemma most_both m n : most (m + S n) = (most m + most n + 28 * (m * n) + 28 * (m + n) + 33)%nat.
Proof. unfold most. lia. Qed.

Definition outcome N n (v : option Z) s K rest c : Prop :=
  match v with
  | Some v => R N (most n) c (Hand N n (sz s * v) K rest)
  | None => R N (most n) c Zero_division
  end.

Lemma digits_signed s v : length (digits (sz s * v)) = length (digits v).
Proof. destruct s; cbn [sz]; [now rewrite Z.mul_1_l|]. replace (-1 * v) with (- v) by lia.
  now rewrite digits_opp. Qed.

Lemma abs_sign x v : Z.abs x * (sz (sign_z x) * v) = x * v.
Proof. unfold sign_z. destruct (Z.ltb_spec x 0); cbn [sz]; nia. Qed.

Lemma waits_bad K y : no_product K = true -> (y = Star \/ y = Slash) -> waits (hd B (rep K)) y = true.
Proof.
  destruct K as [|[a|b st|ng] K]; try discriminate; intros _ [-> | ->]; cbn [rep hd];
    try destruct (sign_z a); try destruct ng; reflexivity.
Qed.

Lemma waits_sum K y : at_start K = true -> (y = Plus \/ y = Minus) -> waits (hd B (rep K)) y = true.
Proof.
  destruct K as [|[a|b st|ng] K]; try discriminate; intros _ [-> | ->]; cbn [rep hd];
    try destruct ng; reflexivity.
Qed.

Lemma text_app a b : text_ok (a ++ b) <-> text_ok a /\ text_ok b.
Proof. apply Forall_app. Qed.

Lemma shows :
  (forall f, text_ok (show_f f)) /\ (forall p, text_ok (show_p p)) /\ (forall e, text_ok (show e)).
Proof.
  apply expression_ind; cbn [show_f show_p show]; intros; auto; unfold text_ok in *;
    rewrite ?Forall_app; repeat (split || constructor || assumption || discriminate).
  - apply (Forall_map Dig). apply Forall_forall. discriminate.
  - apply Forall_app. repeat constructor; [assumption|discriminate].
Qed.

Lemma rep_item_len x y K : is_operator y = true ->
  length (rep (item_of x y :: K)) = S (length (digits x) + length (rep K)).
Proof. intros H. destruct y; try discriminate H; cbn [item_of rep length];
  now rewrite app_length, map_length, rev_length. Qed.

(** Prove that the steps that are left are enough. *)
Ltac budget := rewrite ?digits_signed in *; rewrite ?app_length, ?map_length; cbn [length] in *;
  unfold most in *; lia.

Lemma runs :
  (forall f N s K rest c, ordered K = true -> text_ok rest -> next_ok rest = true ->
    (length (rep K) + length (show_f f) + length rest <= N)%nat ->
    Val N s K (show_f f ++ rest) c -> outcome N (length (show_f f)) (eval_f f) s K rest c) /\
  (forall p N s K rest c, ordered K = true -> no_product K = true -> text_ok rest -> next_ok rest = true ->
    (length (rep K) + length (show_p p) + length rest <= N)%nat ->
    Val N s K (show_p p ++ rest) c -> outcome N (length (show_p p)) (eval_p p) s K rest c) /\
  (forall e N K rest c, ordered K = true -> at_start K = true -> text_ok rest -> next_ok rest = true ->
    waits Plus (hd B rest) = false ->
    (length (rep K) + length (show e) + length rest <= N)%nat ->
    Val N Pos K (show e ++ rest) c -> outcome N (length (show e)) (eval e) Pos K rest c).
Proof.
  pose proof digits_lengths as (Df & Dp & De). pose proof shows as (Tf & Tp & Te).
  apply expression_ind; cbn [show_f show_p show eval_f eval_p eval].
  - (* A number. *)
    intros d ds N s K rest c O Tx Nx L V. rewrite map_length in L. cbn [length] in L.
    cbn [outcome]. eapply R_by; [apply (read_number N (length (map Dig (d :: ds))) s K d ds rest c);
      auto; lia| |budget]. intros c' [H _]. exact H.
  - (* A minus. *)
    intros f IH N s K rest c O Tx Nx L V. cbn [length app] in *.
    assert (M : R N 1 c (Val N (flip s) K (show_f f ++ rest))).
    { apply read_minus; auto; [constructor; [discriminate|apply text_app; auto]|rewrite app_length; lia]. }
    specialize (IH N (flip s) K rest).
    destruct (eval_f f) as [v|]; cbn [option_map outcome] in *.
    + eapply R_seq; [exact M| |budget]. intros c' Hc. replace (sz s * - v) with (sz (flip s) * v) by
        (rewrite sz_flip; ring).
      eapply R_by; [apply IH; auto; lia| |budget]. intros c2 H2. eapply hand_le; [|exact H2]. lia.
    + eapply R_seq; [exact M| |budget]. intros c' Hc. eapply R_le; [apply IH; auto; lia|budget].
  - (* Brackets. *)
    intros e IH N s K rest c O Tx Nx L V. cbn [length app] in *. rewrite app_length in L. cbn [length] in L.
    rewrite <- app_assoc in V. cbn [app] in V.
    assert (M : R N 2 c (Val N Pos (Bracket (negates s) :: K) (show e ++ Close :: rest))).
    { apply read_open; auto. rewrite app_length. cbn [length]. lia. }
    specialize (IH N (Bracket (negates s) :: K) (Close :: rest)).
    specialize (De e). destruct De as [De _].
    assert (Lr : length (rep (Bracket (negates s) :: K)) = S (length (rep K))) by reflexivity.
    destruct (eval e) as [v|]; cbn [outcome fits_in] in *.
    + eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_seq; [apply IH; auto; [constructor; [discriminate|assumption]|cbn [length]; lia]| |budget].
      intros c2 H2. cbn [sz] in H2. rewrite Z.mul_1_l in H2.
      eapply R_seq; [apply (hand_ans N (length (show e)) v (Bracket (negates s) :: K) (Close :: rest)
        c2); auto; cbn [length]; lia| |budget].
      intros c3 H3. eapply R_by; [apply (close N (length (show e)) v (negates s) K rest c3); auto;
        cbn [length]; lia| |budget].
      intros c4 H4. apply (hand_le N (length (show e))); [rewrite app_length; lia|]. left.
      destruct s; cbn [negates sz] in *; [now rewrite Z.mul_1_l|]. now replace (-1 * v) with (- v) by lia.
    + eapply R_seq; [exact M| |budget]. intros c1 H1. eapply R_le; [apply IH; auto; [constructor;
        [discriminate|assumption]|cbn [length]; lia]|budget].
  - intros f IH N s K rest c O NP Tx Nx L V. now apply IH.
  - (* Times. *)
    intros p IHp f IHf N s K rest c O NP Tx Nx L V. rewrite app_length in L. cbn [length] in L.
    rewrite <- app_assoc in V. cbn [app] in V.
    assert (Tx' : text_ok (Star :: show_f f ++ rest)).
    { constructor; [discriminate|apply text_app; auto]. }
    specialize (IHp N s K (Star :: show_f f ++ rest) c).
    destruct (Dp p) as [Dv _]. destruct (Df f) as [Dw Wf].
    pose proof (Nat.mul_le_mono_l _ _ (length (show_p p)) Wf).
    destruct (eval_p p) as [a|]; cbn [both outcome fits_in] in *.
    2: { eapply R_le; [apply IHp; auto; cbn [length]; rewrite app_length; lia|apply most_le;
      rewrite app_length; lia]. }
    assert (M : R N (most (length (show_p p)) + 4 * length (show_p p) + 7) c
      (Val N (sign_z (sz s * a)) (Prod (sz s * a) true :: K) (show_f f ++ rest))).
    { eapply R_seq; [apply IHp; auto; cbn [length]; rewrite app_length; lia| |budget].
      intros c1 H1. eapply R_le; [apply (push_hand N (length (show_p p)) (sz s * a) Star (show_f f ++
        rest) K c1); auto; try lia; [apply waits_bad; auto|];
      rewrite digits_signed, app_length; lia|budget]. }
    pose proof (rep_item_len (sz s * a) Star K eq_refl) as Lr. cbn [item_of] in Lr. rewrite digits_signed in Lr.
    specialize (IHf N (sign_z (sz s * a)) (Prod (sz s * a) true :: K) rest).
    assert (O' : ordered (Prod (sz s * a) true :: K) = true) by (cbn [ordered]; now rewrite NP).
    destruct (eval_f f) as [b|]; cbn [both outcome fits_in] in *.
    + pose proof (Nat.mul_le_mono _ _ _ _ Dv Dw).
      eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_seq; [apply IHf; auto; rewrite Lr; lia| |budget].
      intros c2 H2. eapply R_by; [apply (compute_star N (length (show_f f)) (length (show_p p ++ Star ::
        show_f f)) (sz (sign_z (sz s * a)) * b) (sz s * a) K rest c2); auto;
        rewrite ?digits_signed, ?Lr; try lia; exact H2| |budget].
      intros c3 H3. left. rewrite abs_sign in H3. now rewrite Z.mul_assoc.
    + eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_le; [apply IHf; auto; rewrite Lr; lia|budget].
  - (* Over. *)
    intros p IHp f IHf N s K rest c O NP Tx Nx L V. rewrite app_length in L. cbn [length] in L.
    rewrite <- app_assoc in V. cbn [app] in V.
    assert (Tx' : text_ok (Slash :: show_f f ++ rest)).
    { constructor; [discriminate|apply text_app; auto]. }
    specialize (IHp N s K (Slash :: show_f f ++ rest) c).
    destruct (Dp p) as [Dv _]. destruct (Df f) as [Dw Wf].
    pose proof (Nat.mul_le_mono_l _ _ (length (show_p p)) Wf).
    destruct (eval_p p) as [a|]; cbn [both outcome fits_in] in *.
    2: { eapply R_le; [apply IHp; auto; cbn [length]; rewrite app_length; lia|apply most_le;
      rewrite app_length; lia]. }
    assert (M : R N (most (length (show_p p)) + 4 * length (show_p p) + 7) c
      (Val N (sign_z (sz s * a)) (Prod (sz s * a) false :: K) (show_f f ++ rest))).
    { eapply R_seq; [apply IHp; auto; cbn [length]; rewrite app_length; lia| |budget].
      intros c1 H1. eapply R_le; [apply (push_hand N (length (show_p p)) (sz s * a) Slash (show_f f ++
        rest) K c1); auto; try lia; [apply waits_bad; auto|];
      rewrite digits_signed, app_length; lia|budget]. }
    pose proof (rep_item_len (sz s * a) Slash K eq_refl) as Lr. cbn [item_of] in Lr. rewrite digits_signed in Lr.
    specialize (IHf N (sign_z (sz s * a)) (Prod (sz s * a) false :: K) rest).
    assert (O' : ordered (Prod (sz s * a) false :: K) = true) by (cbn [ordered]; now rewrite NP).
    destruct (eval_f f) as [b|]; cbn [both outcome fits_in] in *.
    + pose proof (Nat.mul_le_mono _ _ _ _ Dv Dw). assert (M2 : R N (most (length (show_p p)) + 4 *
        length (show_p p) + 7 + most (length (show_f f))) c
        (Hand N (length (show_f f)) (sz (sign_z (sz s * a)) * b) (Prod (sz s * a) false :: K) rest)).
      { eapply R_seq; [exact M| |budget]. intros c1 H1. eapply R_le; [apply IHf; auto; rewrite Lr; lia|budget]. }
      destruct (Z.eqb_spec b 0) as [->|Nb]; cbn [outcome].
      * rewrite Z.mul_0_r in M2. eapply R_seq; [exact M2| |budget]. intros c2 H2.
        eapply R_le; [apply (by_zero N (length (show_f f)) (sz s * a) K rest c2); auto; try rewrite Lr;
          lia|budget].
      * eapply R_seq; [exact M2| |budget]. intros c2 H2.
        eapply R_by; [apply (compute_slash N (length (show_f f)) (sz (sign_z (sz s * a)) * b) (sz s * a)
          K rest c2 ltac:(lia) (division N)); auto; rewrite ?digits_signed, ?Lr; try lia; try exact H2;
          destruct (sign_z (sz s * a)); cbn [sz]; lia| |budget].
        intros c3 H3. rewrite digits_signed in H3.
        apply (hand_le N (length (digits b))); [rewrite app_length; cbn [length]; lia|]. left.
        replace (sz s * Z.quot a b) with (Z.quot (Z.abs (sz s * a)) (sz (sign_z (sz s * a)) * b)); [assumption|].
        assert (Q : sz s * Z.quot a b = Z.quot (sz s * a) b).
        { destruct s; cbn [sz]; [now rewrite !Z.mul_1_l|].
          replace (-1 * a) with (- a) by lia. rewrite Z.quot_opp_l by assumption. lia. }
        rewrite Q. set (x := sz s * a). unfold sign_z. destruct (Z.ltb_spec x 0); cbn [sz].
        -- replace (-1 * b) with (- b) by lia. rewrite Z.abs_neq by lia. now rewrite Z.quot_opp_opp.
        -- rewrite Z.mul_1_l, Z.abs_eq; auto.
    + eapply R_seq; [exact M| |budget]. intros c1 H1. eapply R_le; [apply IHf; auto; rewrite Lr; lia|budget].
  - intros p IH N K rest c O A Tx Nx W L V. apply IH; auto. destruct K as [|[]]; auto; discriminate.
  - (* Plus. *)
    intros e IHe p IHp N K rest c O A Tx Nx W L V. rewrite app_length in L. cbn [length] in L.
    rewrite <- app_assoc in V. cbn [app] in V.
    assert (Tx' : text_ok (Plus :: show_p p ++ rest)).
    { constructor; [discriminate|apply text_app; auto]. }
    specialize (IHe N K (Plus :: show_p p ++ rest) c).
    destruct (De e) as [Dv _]. destruct (Dp p) as [Dw Wp].
    pose proof (Nat.mul_le_mono_l _ _ (length (show e)) Wp).
    destruct (eval e) as [a|]; cbn [both outcome fits_in] in *.
    2: { eapply R_le; [apply IHe; auto; cbn [length]; rewrite app_length; lia|apply most_le;
      rewrite app_length; lia]. }
    assert (M : R N (most (length (show e)) + 4 * length (show e) + 7) c
      (Val N Pos (Sum a :: K) (show_p p ++ rest))).
    { eapply R_seq; [apply IHe; auto; cbn [length]; rewrite app_length; lia| |budget].
      intros c1 H1. cbn [sz] in H1. rewrite Z.mul_1_l in H1.
      eapply R_le; [apply (push_hand N (length (show e)) a Plus (show_p p ++ rest) K c1); auto; try lia;
        [apply waits_sum; auto|];
      rewrite app_length; lia|budget]. }
    pose proof (rep_item_len a Plus K eq_refl) as Lr. cbn [item_of] in Lr.
    specialize (IHp N Pos (Sum a :: K) rest).
    assert (O' : ordered (Sum a :: K) = true) by (cbn [ordered]; now rewrite A).
    destruct (eval_p p) as [b|]; cbn [both outcome fits_in] in *.
    + pose proof (Nat.mul_le_mono _ _ _ _ Dv Dw).
      eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_seq; [apply IHp; auto; rewrite Lr; lia| |budget].
      intros c2 H2. eapply R_by; [apply (compute_sum N (length (show_p p)) (length (show e ++ Plus ::
        show_p p)) (sz Pos * b) a K rest c2); auto; rewrite ?digits_signed, ?Lr; try lia; exact H2| |budget].
      intros c3 H3. left. cbn [sz] in *. now replace (1 * (a + b)) with (a + 1 * b) by lia.
    + eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_le; [apply IHp; auto; rewrite Lr; lia|budget].
  - (* Minus. *)
    intros e IHe p IHp N K rest c O A Tx Nx W L V. rewrite app_length in L. cbn [length] in L.
    rewrite <- app_assoc in V. cbn [app] in V.
    assert (Tx' : text_ok (Minus :: show_p p ++ rest)).
    { constructor; [discriminate|apply text_app; auto]. }
    specialize (IHe N K (Minus :: show_p p ++ rest) c).
    destruct (De e) as [Dv _]. destruct (Dp p) as [Dw Wp].
    pose proof (Nat.mul_le_mono_l _ _ (length (show e)) Wp).
    destruct (eval e) as [a|]; cbn [both outcome fits_in] in *.
    2: { eapply R_le; [apply IHe; auto; cbn [length]; rewrite app_length; lia|apply most_le;
      rewrite app_length; lia]. }
    assert (M : R N (most (length (show e)) + 4 * length (show e) + 7) c
      (Val N Neg (Sum a :: K) (show_p p ++ rest))).
    { eapply R_seq; [apply IHe; auto; cbn [length]; rewrite app_length; lia| |budget].
      intros c1 H1. cbn [sz] in H1. rewrite Z.mul_1_l in H1.
      eapply R_le; [apply (push_hand N (length (show e)) a Minus (show_p p ++ rest) K c1); auto;
        try lia; [apply waits_sum; auto|];
      rewrite app_length; lia|budget]. }
    pose proof (rep_item_len a Minus K eq_refl) as Lr. cbn [item_of] in Lr.
    specialize (IHp N Neg (Sum a :: K) rest).
    assert (O' : ordered (Sum a :: K) = true) by (cbn [ordered]; now rewrite A).
    destruct (eval_p p) as [b|]; cbn [both outcome fits_in] in *.
    + pose proof (Nat.mul_le_mono _ _ _ _ Dv Dw).
      eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_seq; [apply IHp; auto; rewrite Lr; lia| |budget].
      intros c2 H2. eapply R_by; [apply (compute_sum N (length (show_p p)) (length (show e ++ Minus ::
        show_p p)) (sz Neg * b) a K rest c2); auto; rewrite ?digits_signed, ?Lr; try lia; exact H2| |budget].
      intros c3 H3. left. cbn [sz] in *. now replace (1 * (a - b)) with (a + -1 * b) by lia.
    + eapply R_seq; [exact M| |budget]. intros c1 H1.
      eapply R_le; [apply IHp; auto; rewrite Lr; lia|budget].
Qed.
