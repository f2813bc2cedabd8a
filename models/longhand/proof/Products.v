(** Multiplication. *)
From Longhand Require Export Sums.

(** What can be below a number on [first]: nothing, a bracket, or a sum's operator. *)
Notation under F :=
  (match F with [] | Open :: _ | Close :: _ | Plus :: _ | Minus :: _ => true | _ => false end = true)
  (only parsing).

Ltac one_by H := eapply R_step; [apply step_by; apply H | tapes; sizes | tapes].

Lemma delta_multiply c x y i z : val c <= val y ->
  delta (Multiply c) i (Dig x) (Dig y) z =
    (Product (val x * val y + val c) ! stay, stay, stay, stay).
Proof. intros H. cbn [delta bad_before orb]. destruct (Z.ltb_spec (val y) (val c)); [lia|reflexivity]. Qed.

Lemma delta_product k i f y z : 0 <= k <= 90 -> is_number z = true ->
  delta (Product k) i f y z =
    (Multiply (dig ((k + value z) / 10)) ! stay, left, stay, put_left (D ((k + value z) mod 10))).
Proof.
  intros H E. cbn [delta]. rewrite E.
  destruct (Z.leb_spec 0 k); [|lia]. destruct (Z.leb_spec k 90); [reflexivity|lia].
Qed.

Lemma row_loop N i y ys F : forall xs c al lower r,
  within N (pos i) -> val c <= val y -> (length al <= length xs)%nat ->
  (length xs + length F <= N + 2)%nat -> (S (length ys) <= N + 2)%nat ->
  (length xs + length lower <= N + 2)%nat ->
  R N (2 * length xs)
    (Cfg (Multiply c) i (stk (map Dig xs ++ F) r) (stk (Dig y :: map Dig ys) [])
      (alw (map Dig al) (map Dig lower)))
    (fun c' => exists ds cc, c' = Cfg (Multiply cc) i (stk F (map Dig (rev xs) ++ r))
        (stk (Dig y :: map Dig ys) []) (alw [] (map Dig (rev ds ++ lower))) /\
      length ds = length xs /\ val cc <= val y /\
      le ds + 10 ^ Z.of_nat (length xs) * val cc = val y * le xs + le al + val c).
Proof.
  induction xs as [|x xs IH]; intros c al lower r Hi Hc Ha Hf Hy Hl.
  - destruct al; [|cbn in Ha; lia]. apply R_done. exists [], c. cbn [map app rev le length].
    change (10 ^ Z.of_nat 0) with 1. repeat split; auto. lia.
  - replace (2 * length (x :: xs))%nat with (S (S (2 * length xs))) by (cbn [length]; lia).
    pose proof (val_range x). pose proof (val_range y). pose proof (val_range c).
    cbn [map app]. one_by (delta_multiply c x y (cur i)). { exact Hc. }
    assert (K : 0 <= val x * val y + val c <= 90) by nia.
    assert (exists a al', al = a :: al' \/ al = [] /\ a = d0 /\ al' = []) as (a & al' & Ea).
    { destruct al as [|a al']; [exists d0, []|exists a, al']; auto. }
    set (k := val x * val y + val c) in *.
    assert (val a <= 9 /\ 0 <= val a) as Va by (pose proof (val_range a); lia).
    pose proof (Z.div_mod (k + val a) 10 ltac:(lia)) as Q.
    pose proof (Z.mod_pos_bound (k + val a) 10 ltac:(lia)) as M.
    assert (Vd : val (dig ((k + val a) / 10)) = (k + val a) / 10) by (apply val_dig; lia).
    assert (Hcar : val (dig ((k + val a) / 10)) <= val y) by (rewrite Vd; nia).
    assert (step2 : R N (S (2 * length xs))
      (Cfg (Product k) i (stk (Dig x :: map Dig xs ++ F) r) (stk (Dig y :: map Dig ys) [])
        (alw (map Dig al) (map Dig lower)))
      (fun c' => exists ds cc, c' = Cfg (Multiply cc) i (stk F (map Dig (rev xs) ++ Dig x :: r))
          (stk (Dig y :: map Dig ys) [])
          (alw [] (map Dig (rev ds ++ dig ((k + val a) mod 10) :: lower))) /\
        length ds = length xs /\ val cc <= val y /\
        le ds + 10 ^ Z.of_nat (length xs) * val cc
          = val y * le xs + le al' + val (dig ((k + val a) / 10)))).
    { destruct Ea as [->|(-> & -> & ->)].
      - cbn [map]. one_by (delta_product k (cur i) (Dig x) (Dig y) (Dig a)); [exact K|reflexivity|].
        apply (IH _ _ (dig ((k + val a) mod 10) :: lower)); auto; cbn [length] in *; lia.
      - cbn [map]. one_by (delta_product k (cur i) (Dig x) (Dig y) B); [exact K|reflexivity|].
        apply (IH _ [] (dig ((k + 0) mod 10) :: lower)); auto; cbn [length] in *; lia. }
    eapply R_weaken; [exact step2|].
    intros c' (ds & cc & -> & L & Hcc & V).
    exists (dig ((k + val a) mod 10) :: ds), cc. cbn [rev le length].
    rewrite !map_app, <- !app_assoc. cbn [map app]. repeat split; auto.
    rewrite pow_S, val_mod. rewrite Vd in V.
    assert (le al = val a + 10 * le al') as -> by (destruct Ea as [->|(-> & -> & ->)]; reflexivity).
    fold k. lia.
Qed.
