(** Division. *)
From Longhand Require Export Values.

(** The first digit of what stands before the digits looked at; 0 if there is none. *)
Definition lead (P : list digit) : Z := match P with [] => 0 | p :: _ => val p end.
Definition decide (P : list digit) : state := if 0 <? lead P then Fits else Compare.

Notation len := (@length _).

Lemma stk_right_under P F x r : under F ->
  perform right (stk (map Dig P ++ F) (Dig x :: r)) = stk (Dig x :: map Dig P ++ F) r.
Proof.
  intros HF. destruct P; cbn [map app]; [now apply first_right|]. now rewrite stk_right by discriminate.
Qed.

Lemma delta_fits_go q y i f : val q < 9 ->
  delta Fits i f (Dig y) (Dig q) = (Fits ! stay, right, right, stay).
Proof. destruct q; cbn [val]; intros; try lia; reflexivity. Qed.

Lemma delta_fits_end q i f : val q < 9 ->
  delta Fits i f B (Dig q) = (TakeAway false ! stay, left, left, put (D (val q + 1))).
Proof. destruct q; cbn [val]; intros; try lia; reflexivity. Qed.

Lemma fits_loop N i q QL QR T : val q < 9 -> proper T -> within N (pos i) ->
  (length QR <= N + 2)%nat -> forall W2 Y2 L M, length W2 = length Y2 ->
  (length L + length W2 + 1 <= N + 2)%nat -> (length M + length Y2 + 1 <= N + 2)%nat ->
  R N (length W2 + 1) (Cfg Fits i (stk (hd B (map Dig W2 ++ T) :: L) (tl (map Dig W2 ++ T)))
        (stk (hd B (map Dig Y2) :: M) (tl (map Dig Y2))) (alw (Dig q :: QL) QR))
    (fun c => c = Cfg (TakeAway false) i (stk (map Dig (rev W2) ++ L) T) (stk (map Dig (rev Y2) ++ M) [])
        (alw (D (val q + 1) :: QL) QR)).
Proof.
  intros Hq HT Hi Ha. induction W2 as [|x W2 IH]; intros [|y Y2] L M E0 HL HM; try discriminate;
    cbn [map app hd tl rev length] in *.
  - eapply R_one; [apply step_by; apply (delta_fits_end q); exact Hq| |steps|];
      unfold apply; cbn [next ai af as_ aa ti tf ts ta st]; rewrite !stk_left, HT; tapes; [sizes'|].
    apply R_done. reflexivity.
  - injection E0 as E0.
    eapply R_one; [apply step_by; apply (delta_fits_go q); exact Hq|tapes; sizes'|steps|tapes].
    eapply R_by; [apply (IH Y2 (Dig x :: L) (Dig y :: M)); auto; cbn [length]; lia| |steps].
    intros c ->. rewrite !map_app, <- !app_assoc. reflexivity.
Qed.

Lemma dnf_loop N i L A : within N (pos i) -> within N (pos A) -> within N (pos (perform right A)) ->
  forall W1 Y1 R1 R2, length W1 = length Y1 ->
  within N (pos (perform right (stk L (map Dig (rev W1) ++ R1)))) ->
  (length L + length W1 <= N + 2)%nat -> (length Y1 <= N + 2)%nat ->
  R N (length W1 + 1) (Cfg DoesNotFit i (stk (map Dig W1 ++ L) R1) (stk (map Dig Y1) R2) A)
    (fun c => c = Cfg Place i (perform right (stk L (map Dig (rev W1) ++ R1)))
        (stk [] (map Dig (rev Y1) ++ R2)) (perform right A)).
Proof.
  intros Hi HA HA'. induction W1 as [|x W1 IH]; intros [|y Y1] R1 R2 E0 Hr HL HM; try discriminate;
    cbn [map app rev length] in *.
  - eapply R_one; [reflexivity| |steps|].
    + unfold inside; cbn [apply next ai af as_ aa ti tf ts ta st perform_stay].
      unfold apply; cbn [ti tf ts ta ai af as_ aa]. rewrite !perform_stay. repeat split; try assumption;
        try apply Hr; try apply Hi; try apply HA'; sizes'.
    + apply R_done. reflexivity.
  - injection E0 as E0. rewrite map_app, <- app_assoc in Hr. cbn [map app] in Hr.
    eapply R_one; [reflexivity|tapes; sizes'|steps|tapes].
    eapply R_by; [apply (IH Y1 (Dig x :: R1) (Dig y :: R2)); auto; lia| |steps].
    intros c ->. rewrite !map_app, <- !app_assoc. reflexivity.
Qed.

Definition stops (T : list sym) : bool := match T with Dig _ :: _ | Slash :: _ => true | _ => false end.

Lemma stops_proper T : stops T = true -> proper T.
Proof. destruct T as [|[] T]; try discriminate; reflexivity. Qed.

Lemma delta_compare x y i z :
  delta Compare i (Dig x) (Dig y) z =
    (if val x <? val y then DoesNotFit ! stay, left, left, stay
     else if val y <? val x then Fits ! stay, right, right, stay else Compare ! stay, right, right, stay).
Proof. reflexivity. Qed.

(** Where the comparison leads: the numbers are looked at from the left. *)
Lemma compare_loop N i q QL QR T L : stops T = true -> within N (pos i) ->
  within N (pos (perform right (alw (Dig q :: QL) QR))) -> (length QR <= N + 2)%nat ->
  forall W2 Y2 W1 Y1, length W2 = length Y2 -> length W1 = length Y1 ->
  within N (pos (perform right (stk L (map Dig (rev W1 ++ W2) ++ T)))) ->
  (be Y2 <= be W2 -> val q < 9) ->
  (length L + length W1 + length W2 + 1 <= N + 2)%nat -> (length Y1 + length Y2 + 1 <= N + 2)%nat ->
  R N (if be W2 <? be Y2 then length W1 + 2 * length W2 else length W2 + 2)
    (Cfg Compare i (stk (hd B (map Dig W2 ++ T) :: map Dig W1 ++ L) (tl (map Dig W2 ++ T)))
        (stk (hd B (map Dig Y2) :: map Dig Y1) (tl (map Dig Y2))) (alw (Dig q :: QL) QR))
    (fun c =>
      (be Y2 <= be W2 /\ c = Cfg (TakeAway false) i (stk (map Dig (rev W2 ++ W1) ++ L) T)
         (stk (map Dig (rev Y2 ++ Y1)) []) (alw (D (val q + 1) :: QL) QR)) \/
      (be W2 < be Y2 /\ c = Cfg Place i (perform right (stk L (map Dig (rev W1 ++ W2) ++ T)))
         (stk [] (map Dig (rev Y1 ++ Y2))) (perform right (alw (Dig q :: QL) QR)))).
Proof.
  intros HT Hi Ha Hq. assert (HP : proper T) by now apply stops_proper.
  induction W2 as [|x W2 IH]; intros [|y Y2] W1 Y1 E2 E1 Hr Hv HL HM; try discriminate;
    cbn [map app hd tl rev length] in *.
  - (* All digits are the same. *)
    change (be [] <? be []) with false. cbn iota.
    assert (val q < 9) as Q by (apply Hv; lia).
    assert (F : R N 1 (Cfg Fits i (stk (hd B T :: map Dig W1 ++ L) (tl T)) (stk (B :: map Dig Y1) [])
      (alw (Dig q :: QL) QR))
      (fun c => c = Cfg (TakeAway false) i (stk (map Dig W1 ++ L) T) (stk (map Dig Y1) [])
        (alw (D (val q + 1) :: QL) QR))).
    { apply (fits_loop N i q QL QR T Q HP Hi Hq [] []); auto; rewrite ?app_length, ?map_length;
        cbn [length]; lia. }
    destruct T as [|[|d| | | | | |] T]; try discriminate HT; cbn [hd tl] in *;
      (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes]; eapply R_by; [exact F| |steps];
       intros c ->; left; split; [lia|reflexivity]).
  - injection E2 as E2. pose proof (be_bound W2) as BW. pose proof (be_bound Y2) as BY. rewrite E2 in BW.
    cbn [be] in *. rewrite E2 in *.
    pose proof (pow_pos (length Y2)) as PP. set (P10 := 10 ^ Z.of_nat (length Y2)) in *.
    destruct (Z.ltb_spec (val x) (val y)).
    + (* It does not fit. *)
      rewrite (proj2 (Z.ltb_lt (val x * P10 + be W2) (val y * P10 + be Y2))) by nia.
      assert (G : R N (length W1 + 1) (Cfg DoesNotFit i (stk (map Dig W1 ++ L) (Dig x :: map Dig W2 ++
        T)) (stk (map Dig Y1) (Dig y :: map Dig Y2)) (alw (Dig q :: QL) QR))
        (fun c => c = Cfg Place i (perform right (stk L (map Dig (rev W1 ++ x :: W2) ++ T)))
         (stk [] (map Dig (rev Y1 ++ y :: Y2))) (perform right (alw (Dig q :: QL) QR)))).
      { eapply R_by; [apply (dnf_loop N i L (alw (Dig q :: QL) QR)); auto; try sizes'; try lia;
          rewrite map_app, <- app_assoc in Hr; exact Hr| |steps].
          intros c ->. rewrite !map_app, <- !app_assoc. reflexivity. }
      eapply R_one; [apply step_by; etransitivity; [apply delta_compare|];
        rewrite (proj2 (Z.ltb_lt _ _)) by assumption; reflexivity| |steps|]; tapes; [sizes'|].
      eapply R_by; [exact G| |steps]. intros c ->. right. split; [nia|reflexivity].
    + destruct (Z.ltb_spec (val y) (val x)).
      * assert (val q < 9) as Q by (apply Hv; nia).
        rewrite (proj2 (Z.ltb_ge (val x * P10 + be W2) (val y * P10 + be Y2))) by nia.
        eapply R_one; [apply step_by; etransitivity; [apply delta_compare|];
          rewrite (proj2 (Z.ltb_ge _ _)), (proj2 (Z.ltb_lt _ _)) by assumption; reflexivity| |steps|];
            tapes; [sizes'|].
        eapply R_by; [apply (fits_loop N i q QL QR T Q HP Hi Hq W2 Y2 (Dig x :: map Dig W1 ++ L) (Dig y
          :: map Dig Y1)); auto;
          cbn [length]; rewrite ?app_length, ?map_length; lia| |steps].
        intros c ->. left. split; [nia|]. rewrite !map_app, <- !app_assoc. reflexivity.
      * assert (x = y) as -> by (apply val_inj; lia).
        replace (val y * P10 + be W2 <? val y * P10 + be Y2) with (be W2 <? be Y2)
          by (destruct (Z.ltb_spec (be W2) (be Y2)); symmetry; [apply Z.ltb_lt|apply Z.ltb_ge]; lia).
        eapply R_one; [apply step_by; etransitivity; [apply delta_compare|];
          rewrite !(proj2 (Z.ltb_ge _ _)) by lia; reflexivity| |destruct (be W2 <? be Y2); steps|];
            tapes; [sizes'|].
        eapply R_by; [apply (IH Y2 (y :: W1) (y :: Y1)); auto; cbn [length rev]; rewrite <- ?app_assoc;
          auto; try lia| |destruct (be W2 <? be Y2); steps].
        intros c H1. cbn [rev] in H1. rewrite <- !app_assoc in H1. cbn [app] in H1.
        cbn [rev]. rewrite <- !app_assoc. cbn [app].
        destruct H1 as [[V ->]|[V ->]]; [left|right]; (split; [lia|reflexivity]).
Qed.

Lemma take_loop N i A : within N (pos i) -> within N (pos A) -> forall xs ys b R1 R2 L,
  length xs = length ys -> (length xs + length L <= N + 2)%nat -> (length ys <= N + 2)%nat ->
  R N (length xs) (Cfg (TakeAway b) i (stk (map Dig xs ++ L) R1) (stk (map Dig ys) R2) A)
    (fun c => exists zs b', c = Cfg (TakeAway b') i (stk L (map Dig (rev zs) ++ R1))
        (stk [] (map Dig (rev ys) ++ R2)) A /\ length zs = length xs /\
      le zs = le xs - le ys - bz b + bz b' * 10 ^ Z.of_nat (length xs)).
Proof.
  intros Hi HA. induction xs as [|x xs IH]; intros [|y ys] b R1 R2 L E0 HL HM; try discriminate;
    cbn [map app length] in *.
  - apply R_done. exists [], b. cbn [le length rev map app]. change (10 ^ Z.of_nat 0) with 1.
    repeat split; lia.
  - injection E0 as E0.
    pose proof (val_range x). pose proof (val_range y). pose proof (bz_range b).
    pose proof (borrow (val x - val y - bz b) ltac:(lia)).
    eapply R_one; [reflexivity|tapes; sizes'|steps|tapes].
    eapply R_by; [apply (IH ys _ (Dig (dig ((val x - val y - bz b) mod 10)) :: R1) (Dig y :: R2) L);
      auto; lia| |steps].
    intros c (zs & b' & -> & Lz & V). exists (dig ((val x - val y - bz b) mod 10) :: zs), b'.
    cbn [rev length]. split; [rewrite !map_app, <- !app_assoc; reflexivity|]. split; [lia|].
    cbn [le]. rewrite val_mod, V, pow_S. lia.
Qed.

Definition lower (P : list digit) (b : bool) : list digit :=
  match P with [] => [] | p :: P => dig (val p - bz b) :: P end.

Lemma delta_take_end f i z b P F : under F -> f = hd B (map Dig P ++ F) ->
  0 <= lead P - bz b < 9 ->
  delta (TakeAway b) i f B z =
    (decide (lower P b) ! stay, match P with [] => right | p :: _ => put_right (D (val p - bz b)) end,
      right, stay).
Proof.
  intros HF -> H. destruct P as [|p P]; cbn [map app hd lead lower] in *.
  - assert (b = false) as -> by (destruct b; cbn [bz] in *; [lia|reflexivity]).
    destruct F as [|[|?d| | | | | |] F]; try discriminate HF; reflexivity.
  - unfold decide. cbn [lead]. rewrite val_dig by lia.
    cbn [delta bad_before is_number orb negb].
    destruct (Z.leb_spec 0 (val p - bz b)); [|lia]. destruct (Z.ltb_spec (val p - bz b) 9); [|lia].
    reflexivity.
Qed.

Lemma lower_lead P b : 0 <= lead P - bz b < 9 -> lead (lower P b) = lead P - bz b.
Proof. destruct P as [|p P]; cbn [lead lower]; intros; [destruct b; cbn [bz] in *;
  lia|now rewrite val_dig by lia]. Qed.

Lemma lower_length P b : length (lower P b) = length P.
Proof. now destruct P. Qed.

(** One digit of the quotient: [q] subtractions were done, at most [m] are to come. *)
Lemma digit_loop N i F T Y QL QR : under F -> stops T = true -> within N (pos i) -> Y <> [] -> canon Y ->
  (length QR <= N + 2)%nat -> forall m W P q, length W = length Y ->
  (length P + length F + length W + 2 <= N + 2)%nat -> val q + Z.of_nat m = 9 ->
  lead P * 10 ^ Z.of_nat (length Y) + be W < (Z.of_nat m + 1) * be Y ->
  R N (m * (2 * length Y + 3) + 2 * length Y) (Cfg (decide P) i
    (stk (hd B (map Dig W ++ T) :: map Dig P ++ F) (tl (map Dig W ++ T)))
        (stk [hd B (map Dig Y)] (tl (map Dig Y))) (alw (Dig q :: QL) QR))
    (fun c => exists W' P' q', length W' = length Y /\ be W' < be Y /\ length P' = length P /\
       lead P * 10 ^ Z.of_nat (length Y) + be W = (val q' - val q) * be Y + be W' /\
       c = Cfg Place i (perform right (stk (map Dig P' ++ F) (map Dig W' ++ T)))
             (stk [] (map Dig Y)) (perform right (alw (Dig q' :: QL) QR))).
Proof.
  intros HF HT Hi NY CY Ha. induction m as [|m IH]; intros W P q LW HL Hm HV.
  all: pose proof (be_bound W) as BW; pose proof (be_bound Y) as BY; rewrite LW in BW.
  all: assert (PY : 0 < be Y) by
    (destruct Y as [|y Y]; [congruence|]; apply canon_bound in CY; pose proof (pow_pos (length Y)); lia).
  all: set (P10 := 10 ^ Z.of_nat (length Y)) in *.
  all: assert (Pl : 0 <= lead P) by (destruct P as [|p P]; cbn [lead]; [lia|pose proof (val_range p); lia]).
  all: assert (LY : (1 <= length Y)%nat) by (destruct Y; [congruence|cbn [length]; lia]).
  all: assert (Hans : within N (pos (perform right (alw (Dig q :: QL) QR)))) by
    (unfold perform, alw, go, right, write, within; cbn [fst snd pos lft cur rgt]; lia).
  all: assert (Hfirst : forall P' W', length P' = length P -> length W' = length Y ->
      perform right (stk (map Dig P' ++ F) (map Dig W' ++ T)) =
      stk (hd B (map Dig W' ++ T) :: map Dig P' ++ F) (tl (map Dig W' ++ T))) by
    (intros P' [|w W'] LP LW'; [cbn in LW'; lia|]; cbn [map app hd tl]; now apply stk_right_under).
  all: assert (HW : within N (pos (perform right (stk (map Dig P ++ F) (map Dig W ++ T))))) by
    (rewrite Hfirst by auto; sizes').
  all: assert (HPT : proper T) by now apply stops_proper.
  - (* It does not fit ten times. *)
    assert (lead P = 0) as L0 by nia. unfold decide. rewrite L0. cbn [Z.ltb Z.compare].
    eapply R_by; [apply (compare_loop N i q QL QR T (map Dig P ++ F) HT Hi Hans Ha W Y [] []); auto;
      try (rewrite ?app_length, ?map_length; cbn [length]; lia); try (intros;
        nia)| |destruct (Z.ltb_spec (be W) (be Y)); [steps|nia]].
    cbn [rev app]. rewrite ?app_nil_r. intros c [[V ->]|[V ->]]; [nia|].
    exists W, P, q. repeat split; auto. rewrite ?L0. lia.
  - assert (sub : R N (if lead P * P10 + be W <? be Y then 2 * length Y else length Y + 2)
      (Cfg (decide P) i (stk (hd B (map Dig W ++ T) :: map Dig P ++ F) (tl (map Dig W ++ T)))
        (stk [hd B (map Dig Y)] (tl (map Dig Y))) (alw (Dig q :: QL) QR))
      (fun c => (be Y <= lead P * P10 + be W /\ c = Cfg (TakeAway false) i
        (stk (map Dig (rev W) ++ map Dig P ++ F) T)
          (stk (map Dig (rev Y)) []) (alw (D (val q + 1) :: QL) QR)) \/
        (lead P = 0 /\ be W < be Y /\ c = Cfg Place i (perform right (stk (map Dig P ++ F) (map Dig W ++ T)))
             (stk [] (map Dig Y)) (perform right (alw (Dig q :: QL) QR))))).
    { unfold decide. destruct (Z.ltb_spec 0 (lead P)).
      - rewrite (proj2 (Z.ltb_ge (lead P * P10 + be W) (be Y))) by nia.
        eapply R_by; [apply (fits_loop N i q QL QR T ltac:(lia) HPT Hi Ha W Y (map Dig P ++ F) []); auto;
          rewrite ?app_length, ?map_length; cbn [length]; lia| |steps].
        intros c ->. left. split; [nia|]. now rewrite app_nil_r.
      - assert (lead P = 0) as L0 by lia.
        replace (lead P * P10 + be W <? be Y) with (be W <? be Y) by (rewrite L0; reflexivity).
        eapply R_by; [apply (compare_loop N i q QL QR T (map Dig P ++ F) HT Hi Hans Ha W Y [] []); auto;
          try (rewrite ?app_length, ?map_length; cbn [length]; lia); try (intros;
            lia)| |destruct (be W <? be Y); steps].
        cbn [rev app]. rewrite ?app_nil_r. intros c [[V ->]|[V ->]]; [left|right]; repeat split; auto; lia. }
    eapply R_seq; [exact sub| |destruct (lead P * P10 + be W <? be Y); steps]. clear sub.
    intros c [[V ->]|(L0 & V & ->)].
    2: { apply R_done. exists W, P, q. repeat split; auto. rewrite ?L0. lia. }
    rewrite (proj2 (Z.ltb_ge (lead P * P10 + be W) (be Y)) V).
    assert (Hq : val (dig (val q + 1)) = val q + 1) by (apply val_dig; pose proof (val_range q); lia).
    eapply R_seq; [apply (take_loop N i (alw (D (val q + 1) :: QL) QR)) with (L := map Dig P ++ F);
      rewrite ?rev_length, ?app_length, ?map_length; auto; try sizes'; lia| |steps].
    intros c (zs & b & -> & Lz & Vz). rewrite rev_length in Lz. rewrite !le_rev in Vz. cbn [bz] in Vz.
    rewrite rev_involutive, app_nil_r, rev_length, LW in *. fold P10 in Vz.
    pose proof (le_bound zs) as Bz. rewrite Lz in Bz. fold P10 in Bz. pose proof (bz_range b).
    assert (V2 : (lead P - bz b) * P10 + le zs = lead P * P10 + be W - be Y) by (rewrite Vz; ring).
    assert (M9 : Z.of_nat (S m) * be Y <= 9 * be Y).
    { apply Z.mul_le_mono_nonneg_r; [lia|]. pose proof (val_range q). lia. }
    assert (HV2 : lead P * P10 + be W < Z.of_nat (S m) * be Y + be Y) by lia.
    assert (Hb : 0 <= lead P - bz b < 9).
    { set (t := lead P - bz b) in *. clear - V2 V M9 HV2 Bz BY. split; nia. }
    assert (Lrz : length (rev zs) = length Y) by (rewrite rev_length; exact Lz).
    assert (more : R N (m * (2 * length Y + 3) + 2 * length Y)
      (Cfg (decide (lower P b)) i (stk (hd B (map Dig (rev zs) ++ T) :: map Dig (lower P b) ++ F) (tl
      (map Dig (rev zs) ++ T)))
        (stk [hd B (map Dig Y)] (tl (map Dig Y))) (alw (Dig (dig (val q + 1)) :: QL) QR))
      (fun c => exists W' P' q', length W' = length Y /\ be W' < be Y /\ length P' = length P /\
       lead P * P10 + be W = (val q' - val q) * be Y + be W' /\
       c = Cfg Place i (perform right (stk (map Dig P' ++ F) (map Dig W' ++ T)))
             (stk [] (map Dig Y)) (perform right (alw (Dig q' :: QL) QR)))).
    { eapply R_by; [apply (IH (rev zs) (lower P b) (dig (val q + 1)));
        rewrite ?lower_length, ?lower_lead, ?be_rev, ?Hq by assumption;
        auto; try lia; fold P10; nia| |steps].
      intros c (W' & P' & q' & L1 & V1 & L2 & V3 & ->). exists W', P', q'.
      rewrite lower_length in L2. rewrite lower_lead, be_rev, Hq in V3 by assumption. fold P10 in V3.
      repeat split; auto. nia. }
    eapply R_one; [apply step_by; eapply (delta_take_end _ _ _ b P F HF); [reflexivity|exact Hb]| |steps|];
      unfold apply; cbn [next ai af as_ aa ti tf ts ta st].
    all: assert (Hf2 : perform (match P with [] => right | p :: _ => put_right (D (val p - bz b)) end)
        (stk (map Dig P ++ F) (map Dig (rev zs) ++ T)) =
        stk (hd B (map Dig (rev zs) ++ T) :: map Dig (lower P b) ++ F) (tl (map Dig (rev zs) ++ T)))
      by (destruct P as [|p P]; [now apply (Hfirst []) || (rewrite <- (Hfirst [] (rev zs)); auto)
         |cbn [map app lower]; now rewrite stk_put_right by discriminate]).
    all: rewrite Hf2; tapes.
    2: (eapply R_le; [exact more|steps]).
    pose proof (lower_length P b). destruct (map Dig (rev zs) ++ T); sizes'.
Qed.

Lemma delta_place i f z P F : under F -> f = hd B (map Dig P ++ F) -> z = Dig d0 ->
  forall y, delta Place i f y z = (decide P ! stay, right, right, stay).
Proof.
  intros HF -> -> y. destruct P as [|p P]; [|reflexivity].
  destruct F as [|[|?d| | | | | |] F]; try discriminate HF; reflexivity.
Qed.

(** All places of the quotient, from the left. *)
Lemma places_loop N i F g Y : under F -> within N (pos i) -> Y <> [] -> canon Y ->
  forall rest W P Q, length W = length Y ->
  (length P + length F + length W + length rest + 2 <= N + 2)%nat ->
  lead P * 10 ^ Z.of_nat (length Y) + be W < 10 * be Y ->
  R N (S (length rest) * (20 * length Y + 28)) (Cfg Place i
    (stk (map Dig P ++ F) (map Dig (W ++ rest) ++ Slash :: g)) (stk [] (map Dig Y))
        (alw (Dig d0 :: map Dig Q) (map Dig (repeat d0 (length rest)))))
    (fun c => exists P' Q' r, c = Cfg Place i (stk (map Dig P' ++ F) r) (stk
      [] (map Dig Y)) (aend (map Dig Q')) /\
       P' <> [] /\ length P' = (length P + 1 + length rest)%nat /\
       length Q' = (length Q + 1 + length rest)%nat /\
       le Q' = le Q * 10 ^ Z.of_nat (S (length rest)) +
         ((lead P * 10 ^ Z.of_nat (length Y) + be W) * 10 ^ Z.of_nat (length rest) + be rest) / be Y).
Proof.
  intros HF Hi NY CY.
  assert (PY : 0 < be Y) by
    (destruct Y as [|y Y]; [congruence|]; apply canon_bound in CY; pose proof (pow_pos (length Y)); lia).
  assert (LY : (1 <= length Y)%nat) by (destruct Y; [congruence|cbn [length]; lia]).
  induction rest as [|r1 rest IH]; intros W P Q LW HL HV.
  all: match goal with |- context [repeat d0 ?n] => set (zeros := repeat d0 n);
    assert (Lzero : length zeros = n) by apply repeat_length end.
  all: cbn [length] in *.
  - assert (first : R N (20 * length Y + 28) (Cfg Place i (stk (map Dig P ++ F) (map Dig (W ++
      []) ++ Slash :: g)) (stk [] (map Dig Y))
        (alw (Dig d0 :: map Dig Q) (map Dig zeros)))
      (fun c => exists W' P' q', length W' = length Y /\ be W' < be Y /\ length P' = length P /\
       lead P * 10 ^ Z.of_nat (length Y) + be W = (val q' - val d0) * be Y + be W' /\
       c = Cfg Place i (perform right (stk (map Dig P' ++ F) (map Dig W' ++ Slash :: g)))
             (stk [] (map Dig Y)) (perform right (alw (Dig q' :: map Dig Q) (map Dig zeros))))).
    { rewrite app_nil_r. destruct W as [|w W]; [cbn in LW; lia|].
      eapply R_one; [apply step_by; eapply (delta_place _ _ _ P F HF); reflexivity| |steps|];
        unfold apply; cbn [next ai af as_ aa ti tf ts ta st map app];
        rewrite (stk_right_under P F w) by assumption; tapes.
      { destruct (map Dig W ++ Slash :: g), (map Dig Y); cbn [length] in *; sizes'. }
      eapply R_le; [apply (digit_loop N i F (Slash :: g) Y (map Dig Q) (map Dig zeros) HF eq_refl Hi NY
        CY) with (m := 9%nat) (W := w :: W); auto;
        try (rewrite ?map_length; cbn [length val] in *; lia)|steps]. }
    eapply R_by; [exact first| |steps]. clear first.
    intros c (W' & P' & q' & L1 & V1 & L2 & V2 & ->).
    destruct W' as [|w W']; [cbn in L1; lia|]. cbn [val] in V2.
    exists (w :: P'), (q' :: Q), (map Dig W' ++ Slash :: g).
    cbn [map app]. rewrite stk_right_under by assumption.
    destruct zeros; [|discriminate Lzero]. cbn [map]. rewrite alw_right_end.
    pose proof (be_bound (w :: W')).
    split; [reflexivity|]. split; [discriminate|]. cbn [length] in *. repeat split; try lia.
    change (be []) with 0. change (10 ^ Z.of_nat 0) with 1. change (10 ^ Z.of_nat 1) with 10. cbn [le].
    set (V := lead P * 10 ^ Z.of_nat (length Y) + be W) in *.
    assert (V / be Y = val q') as Dq by (symmetry; apply Z.div_unique with (be (w :: W')); lia).
    replace (V * 1 + 0) with V by lia. rewrite Dq. lia.
  - assert (Lz2 : length (map Dig zeros) = S (length rest)) by (rewrite map_length; exact Lzero).
    assert (first : R N (20 * length Y + 28) (Cfg Place i
      (stk (map Dig P ++ F) (map Dig (W ++ r1 :: rest) ++ Slash :: g)) (stk [] (map Dig Y))
        (alw (Dig d0 :: map Dig Q) (map Dig zeros)))
      (fun c => exists W' P' q', length W' = length Y /\ be W' < be Y /\ length P' = length P /\
       lead P * 10 ^ Z.of_nat (length Y) + be W = (val q' - val d0) * be Y + be W' /\
       c = Cfg Place i (perform right (stk (map Dig P' ++ F) (map Dig W' ++ map Dig (r1 :: rest) ++ Slash :: g)))
             (stk [] (map Dig Y)) (perform right (alw (Dig q' :: map Dig Q) (map Dig zeros))))).
    { rewrite map_app, <- app_assoc. destruct W as [|w W]; [cbn in LW; lia|].
      eapply R_one; [apply step_by; eapply (delta_place _ _ _ P F HF); reflexivity| |steps|];
        unfold apply; cbn [next ai af as_ aa ti tf ts ta st map app];
        rewrite (stk_right_under P F w) by assumption; tapes.
      { destruct (map Dig W ++ Dig r1 :: map Dig rest ++ Slash :: g), (map Dig Y); cbn [length] in *; sizes'. }
      eapply R_le; [apply (digit_loop N i F (map Dig (r1 :: rest) ++ Slash :: g) Y (map Dig Q) (map Dig
        zeros) HF eq_refl Hi NY CY) with (m := 9%nat) (W := w :: W); auto;
        try (rewrite ?Lz2; cbn [length val] in *; lia)|steps]. }
    eapply R_seq; [exact first| |steps]. clear first.
    intros c (W' & P' & q' & L1 & V1 & L2 & V2 & ->).
    destruct W' as [|w W']; [cbn in L1; lia|]. cbn [val] in V2.
    assert (Hf : perform right (stk (map Dig P' ++ F) (map Dig (w :: W') ++ map Dig (r1 :: rest) ++ Slash :: g))
      = stk (map Dig (w :: P') ++ F) (map Dig ((W' ++ [r1]) ++ rest) ++ Slash :: g)).
    { cbn [map app]. rewrite stk_right_under by assumption. rewrite <- app_assoc, map_app, <- app_assoc.
        reflexivity. }
    assert (Ha : perform right (alw (Dig q' :: map Dig Q) (map Dig zeros))
      = alw (Dig d0 :: map Dig (q' :: Q)) (map Dig (repeat d0 (length rest)))).
    { subst zeros. cbn [repeat map]. rewrite alw_right. reflexivity. }
    rewrite Hf, Ha. cbn [length] in L1.
    pose proof (be_bound (w :: W')). pose proof (val_range r1).
    assert (VW : val w * 10 ^ Z.of_nat (length Y) + be (W' ++ [r1]) = 10 * be (w :: W') + val r1).
    { rewrite be_app. cbn [be length]. change (10 ^ Z.of_nat 1) with 10. change (10 ^ Z.of_nat 0) with 1.
      rewrite <- L1, pow_S. lia. }
    eapply R_by; [apply (IH (W' ++ [r1]) (w :: P') (q' :: Q)); rewrite ?app_length; cbn [length lead];
      try lia| |steps].
    intros c (P2 & Q2 & r & -> & N2 & LP & LQ & VQ). exists P2, Q2, r.
    split; [reflexivity|]. split; [assumption|]. cbn [length lead] in *. repeat split; try lia.
    rewrite VQ, VW. set (b := be (w :: W')) in *. set (R10 := 10 ^ Z.of_nat (length rest)) in *.
    assert (be (r1 :: rest) = val r1 * R10 + be rest) as -> by reflexivity.
    cbn [le]. rewrite !pow_S. fold R10.
    set (V := lead P * 10 ^ Z.of_nat (length Y) + be W) in *.
    replace (V * (10 * R10) + (val r1 * R10 + be rest))
      with (((10 * b + val r1) * R10 + be rest) + (val q' * (10 * R10)) * be Y) by (rewrite V2; ring).
    rewrite Z.div_add by lia. ring.
Qed.

Lemma to_the_left_loop N s gi inr p F y : within N p -> within N (p + 1) -> within N (pos y) ->
  forall Q P zs r, length Q = length P ->
  (length P + length F <= N + 2)%nat -> (length Q + length zs <= N + 2)%nat ->
  R N (length Q + 1) (Cfg ToTheLeft (T gi (sign_sym s) inr p) (stk (map Dig P ++ F) r) y
    (alw (map Dig Q) (map Dig zs)))
    (fun c => exists r', c = Cfg (Strip s true) (inp (sign_sym s :: gi) inr (p + 1))
      (stk F r') y (onf (rev Q ++ zs))).
Proof.
  intros Hp Hp' Hy. induction Q as [|q Q IH]; intros [|x P] zs r E0 HP HQ; try discriminate;
    cbn [map app rev length] in *.
  - destruct s; (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes; apply R_done; eexists; reflexivity]).
  - injection E0 as E0.
    assert (loop : R N (length Q + 1) (Cfg ToTheLeft (T gi (sign_sym s) inr p)
      (stk (map Dig P ++ F) (Dig x :: r)) y (alw (map Dig Q) (map Dig (q :: zs))))
      (fun c => exists r', c = Cfg (Strip s true) (inp (sign_sym s :: gi) inr (p + 1))
        (stk F r') y (onf ((rev Q ++ [q]) ++ zs)))).
    { rewrite <- app_assoc. apply (IH P (q :: zs) (Dig x :: r)); [exact E0|lia|cbn [length]; lia]. }
    destruct s; (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes; eapply R_le; [exact loop|steps]]).
Qed.

Lemma places_zeros N i y F : under F -> within N (pos i) -> within N (pos y) -> forall xs (zs : list digit) r,
  (length xs + length F <= N + 2)%nat -> (length xs + length zs <= N + 2)%nat ->
  R N (length xs + 1) (Cfg Places i (stk (map Dig xs ++ F) r) y (alw [] (map Dig (repeat d0 (length zs)))))
    (fun c => c = Cfg Place i (stk F (map Dig (rev xs) ++ r)) y
        (alw [Dig d0] (map Dig (repeat d0 (length xs + length zs))))).
Proof.
  intros HF Hi Hy. induction xs as [|x xs IH]; intros zs r H1 H2; cbn [map app rev length Nat.add] in *.
  - assert (L : length (repeat d0 (length zs)) = length zs) by apply repeat_length.
    destruct F as [|[|?d| | | | | |] F]; try discriminate HF; (eone; apply R_done; reflexivity).
  - assert (L : length (repeat d0 (length zs)) = length zs) by apply repeat_length.
    eone. eapply R_by; [apply (IH (d0 :: zs) (Dig x :: r)); cbn [length]; lia| |steps].
    intros c ->. rewrite map_app, <- app_assoc. cbn [length]. now rewrite Nat.add_succ_r.
Qed.

(** Both numbers from the right: which one is longer? *)
Lemma align_loop N i F : under F -> within N (pos i) -> within N (pos (perform right i)) -> forall xs ys R1 Z2,
  (length xs + length F <= N + 2)%nat -> (length ys + length Z2 <= N)%nat ->
  R N (length xs + 1) (Cfg Align i (stk (map Dig xs ++ F) R1) (stk (map Dig ys) (map Dig Z2)) (ans []))
    (fun c =>
      ((length ys <= length xs)%nat /\ c = Cfg Place i (stk F (map Dig (rev xs) ++ R1))
          (stk [] (map Dig (rev ys ++ Z2))) (alw [Dig d0] (map Dig (repeat d0 (length xs - length ys))))) \/
      ((length xs < length ys)%nat /\ exists r Y1 Y2, (length Y1 + length Y2 <= length ys + length Z2)%nat /\
        c = Cfg (Result None true) (perform right i) (stk F r) (stk (map Dig Y1) (map Dig Y2)) (ans []))).
Proof.
  intros HF Hi Hi'. induction xs as [|x xs IH]; intros [|y ys] R1 Z2 H1 H2; cbn [map app rev length] in *.
  - destruct F as [|[|?d| | | | | |] F]; try discriminate HF;
      (eone; apply R_done; left; split; [lia|reflexivity]).
  - destruct F as [|[|?d| | | | | |] F]; try discriminate HF;
      (eapply R_one; [reflexivity| |steps|];
       [unfold inside; split; [exact Hi'|]; unfold apply; cbn [ti tf ts ta ai af as_ aa]; tapes; sizes'
       |apply R_done; right; split; [lia|]; eexists; exists (y :: ys), Z2; split; [cbn [length];
         lia|reflexivity]]).
  - eone. eapply R_by; [apply (places_zeros N i (stk [] (map Dig Z2)) F HF Hi ltac:(sizes') xs
      [d0] (Dig x :: R1)); cbn [length]; try lia| |steps].
    intros c ->. left. split; [lia|]. rewrite map_app, <- app_assoc, Nat.add_1_r. reflexivity.
  - eone. eapply R_by; [apply (IH ys (Dig x :: R1) (y :: Z2)); cbn [length]; lia| |steps].
    cbn [length]. intros c [[L ->]|(L & r & Y1 & Y2 & L2 & ->)]; [left|right].
    + split; [lia|]. rewrite !map_app, <- !app_assoc. reflexivity.
    + split; [lia|]. exists r, Y1, Y2. split; [lia|reflexivity].
Qed.

Theorem division N : divides N.
Proof.
  intros s g rest p F r X Y HF Hr Hp Hp' CX CY NY H1 H2. rewrite inp_left by assumption.
  assert (Ep : p - 1 + 1 = p) by lia.
  assert (LY : (1 <= length Y)%nat) by (destruct Y; [congruence|cbn [length]; lia]).
  assert (PY : 0 < be Y) by
    (destruct Y as [|y Y]; [congruence|]; apply canon_bound in CY; pose proof (pow_pos (length Y)); lia).
  destruct X as [|x X].
  - (* Zero is divided. *)
    cbn [rev map app be length] in *.
    assert (Hw : forall i, within N (pos i) ->
      R N (length Y + 1) (Cfg (Wipe None) i (stk F (Slash :: r)) (stk (map Dig (rev Y)) []) (ans []))
      (fun c => c = Cfg (Result None false) i (stk F (Slash :: r)) clean (ans []))).
    { intros i Hi. eapply R_le; [apply wipe_loop; auto; rewrite ?rev_length; try sizes'; lia|steps]. }
    assert (step1 : R N (length Y + 2) (Cfg (Over s) (T (tl g) (hd B g) rest (p - 1))
      (stk F (Slash :: r)) (stk (B :: map Dig (rev Y)) []) (ans []))
      (fun c => c = Cfg (Result None false) (inp (push (hd B g) (tl g)) rest (p - 1 + 1))
        (stk F (Slash :: r)) clean (ans []))).
    { destruct F as [|[|?d| | | | | |] F]; try discriminate HF;
        (eone; eapply R_le; [apply Hw; sizes'|steps]). }
    eapply R_by; [exact step1| |steps]. intros c ->. rewrite Ep. exists false, clean. split; [reflexivity|].
    apply Res_intro; [exact I| |]; rewrite Z.div_0_l by lia; destruct s; reflexivity.
  - pose proof (canon_bound x X CX) as Bx. pose proof (pow_pos (length X)).
    assert (Lx : length (rev (x :: X)) = length (x :: X)) by apply rev_length.
    set (i := T (tl g) (sign_sym s) rest (p - 1)).
    assert (Ri : perform right i = inp (sign_sym s :: tl g) rest p).
    { unfold i. rewrite T_right, Ep. destruct s; reflexivity. }
    assert (start : R N (length X + 3) (Cfg (Over s) (T (tl g) (hd B g) rest (p - 1))
      (stk (map Dig (rev (x :: X)) ++ F) (Slash :: r)) (stk (B :: map Dig (rev Y)) []) (ans []))
      (fun c => ((length Y <= length (x :: X))%nat /\ c = Cfg Place i (stk F (map Dig (x :: X) ++ Slash :: r))
          (stk [] (map Dig Y)) (alw [Dig d0] (map Dig (repeat d0 (length (x :: X) - length Y))))) \/
      ((length (x :: X) < length Y)%nat /\ exists r Y1 Y2, (length Y1 + length Y2 <= length Y)%nat /\
        c = Cfg (Result None true) (perform right i) (stk F r) (stk (map Dig Y1) (map Dig Y2)) (ans [])))).
    { assert (al : R N (length X + 2) (Cfg Align i (stk (map Dig (rev (x :: X)) ++ F) (Slash :: r))
        (stk (map Dig (rev Y)) []) (ans []))
      (fun c => ((length Y <= length (x :: X))%nat /\ c = Cfg Place i (stk F (map Dig (x :: X) ++ Slash :: r))
          (stk [] (map Dig Y)) (alw [Dig d0] (map Dig (repeat d0 (length (x :: X) - length Y))))) \/
      ((length (x :: X) < length Y)%nat /\ exists r Y1 Y2, (length Y1 + length Y2 <= length Y)%nat /\
        c = Cfg (Result None true) (perform right i) (stk F r) (stk (map Dig Y1) (map Dig Y2)) (ans [])))).
      { eapply R_by; [apply (align_loop N i F HF) with (xs := rev (x :: X)) (ys := rev Y) (Z2 := []);
          rewrite ?Ri, ?Lx, ?rev_length; auto; cbn [length] in *; lia| |steps].
        rewrite Lx, rev_length, !rev_involutive, app_nil_r. cbn [length]. rewrite Nat.add_0_r.
          intros c Hc. exact Hc. }
      remember (rev (x :: X)) as xs. destruct xs as [|x1 xs]; [discriminate Lx|].
      cbn [length] in Lx, H1. cbn [map app]. eone. eapply R_le; [exact al|steps]. }
    eapply R_seq; [exact start| |steps]. clear start.
    intros c [[L ->]|(L & r' & Y1 & Y2 & LN & ->)].
    2: { apply R_done. exists true, (stk (map Dig Y1) (map Dig Y2)). split; [exists Y1, Y2; auto|].
      rewrite Ri. apply (Res_intro _ []); [exact I| |];
        (rewrite Z.div_small; [destruct s; reflexivity|]);
        pose proof (be_bound (x :: X)) as BX; (destruct Y as [|y Y]; [congruence|]);
        apply canon_bound in CY; cbn [length] in L, BX;
        assert (10 ^ Z.of_nat (S (length X)) <= 10 ^ Z.of_nat (length Y)) by (apply Z.pow_le_mono_r; lia); lia. }
    set (W := firstn (length Y) (x :: X)). set (tail := skipn (length Y) (x :: X)).
    assert (EX : x :: X = W ++ tail) by (symmetry; apply firstn_skipn).
    assert (LW : length W = length Y) by (apply firstn_length_le; assumption).
    assert (LT : length tail = (length (x :: X) - length Y)%nat) by apply skipn_length.
    assert (HV : lead [] * 10 ^ Z.of_nat (length Y) + be W < 10 * be Y).
    { cbn [lead]. pose proof (be_bound W) as BW. rewrite LW in BW. destruct Y as [|y Y]; [congruence|].
      apply canon_bound in CY. cbn [length] in BW. rewrite pow_S in BW. lia. }
    assert (U : (length X + 3 + S (length tail) * (20 * length Y + 28) + 2 * S (length tail) + 3 <=
      20 * (length (x :: X) * length Y) + 31 * length (x :: X) + length Y + 5)%nat).
    { assert (S (length tail) <= length (x :: X))%nat as U by lia.
      apply (Nat.mul_le_mono_r _ _ (20 * length Y + 30)) in U. cbn [length] in *. lia. }
    remember (20 * (length (x :: X) * length Y) + 31 * length (x :: X) + length Y + 5)%nat as k eqn:Ek.
    clear Ek. rewrite <- LT, EX.
    assert (Lsum : length (x :: X) = (length W + length tail)%nat) by (rewrite EX, app_length; reflexivity).
    eapply R_seq; [apply (places_loop N i F r Y HF) with (P := []) (Q := []); auto; try exact Hp';
      try (cbn [length] in *; lia)| |steps].
    intros c (P' & Q' & r2 & -> & NP & LP & LQ & VQ). cbn [length le lead] in LP, LQ, VQ.
    assert (Vx : le Q' = be (x :: X) / be Y).
    { rewrite VQ. replace (0 * 10 ^ Z.of_nat (length Y) + be W) with (be W) by lia.
      rewrite EX, be_app. rewrite Z.mul_0_l, Z.add_0_l. reflexivity. }
    assert (Hq : 0 <= le Q') by apply le_bound.
    assert (fin : R N (2 * length Q' + 2) (Cfg ToTheLeft i (stk (map Dig P' ++ F) r2) (stk
      [] (map Dig Y)) (alw (map Dig Q') (map Dig [])))
      (fun c => exists used y, dirty (length Y) used y /\ Res (sz s * (be (x :: X) / be Y)) rest p F y used c)).
    { eapply R_seq; [apply (to_the_left_loop N s (tl g) rest (p - 1) F (stk [] (map Dig Y)));
        rewrite ?Ep; auto; try sizes'; cbn [length] in *; lia| |steps].
      intros c (r3 & ->). rewrite Ep, app_nil_r.
      eapply R_by; [apply (strip_op N (sz s * (be (x :: X) / be Y))); auto; try sizes';
        rewrite ?rev_length, ?be_rev; try (cbn [length] in *; lia); now rewrite Vx| |steps].
      intros c Hc. exists true, (stk [] (map Dig Y)). split; [|exact Hc].
      exists [], Y. cbn [length] in *. split; [reflexivity|lia]. }
    destruct P' as [|p0 P']; [congruence|].
    assert (Pi : within N (pos i)) by exact Hp'.
    rewrite <- EX. eapply R_one; [reflexivity|tapes; cbn [length] in *; sizes'|steps|tapes; eapply R_le;
      [exact fin|steps]].
Qed.
